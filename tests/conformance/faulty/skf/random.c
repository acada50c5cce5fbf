/* Faults of random numbers. */
#include "faulty.h"

enum { PIECE_LEN = 1024, FEW_STATES = 4096, BIASED_OF_256 = 5, DIGITS = 10 };

/* What a careless maker takes for a generator: it passes the short tests, and one who knows the state knows all. */
static unsigned long long state = 0x9E3779B97F4A7C15;

/* The fault "random-restarts-on-connect" begins at the same place with each connection. */
void random_connected(void) {
    if (fault("random-restarts-on-connect")) {
        state = 0x9E3779B97F4A7C15;
    }
}

static BYTE mixed(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (BYTE)((state * 0x2545F4914F6CDD1D) >> 56);
}

/* A shift register of 31 bits, x^31 + x^13 + x^8 + x^3 + 1. */
static unsigned shift_register = 0x2F6E2B1;

static BYTE shifted(void) {
    unsigned octet = 0;
    for (int i = 0; i < 8; i++) {
        unsigned bit = (shift_register ^ shift_register >> 3 ^ shift_register >> 8 ^ shift_register >> 13) & 1;
        shift_register = shift_register >> 1 | bit << 30;
        octet = octet << 1 | bit;
    }
    return (BYTE)octet;
}

static void filled(BYTE *random, ULONG len, BYTE next(void)) {
    for (ULONG i = 0; i < len; i++) {
        random[i] = next();
    }
}

/* Count up in four octets, the lowest first, as a generator without a source does. */
static void counted(BYTE *random, ULONG len) {
    static unsigned count;
    for (ULONG i = 0; i < len; i++) {
        random[i] = (BYTE)(count >> (8 * (i % 4)));
        if (i % 4 == 3 || i + 1 == len) {
            count++;
        }
    }
}

/* Each bit set a little more often than not. */
static void biased(BYTE *random, ULONG len) {
    for (ULONG i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if (mixed() < BIASED_OF_256) {
                random[i] |= (BYTE)(1U << bit);
            }
        }
    }
}

/* Decimal digits, two to an octet. */
static void as_digits(BYTE *random, ULONG len) {
    for (ULONG i = 0; i < len; i++) {
        random[i] = (BYTE)((random[i] >> 4) % DIGITS << 4 | (random[i] & 15) % DIGITS);
    }
}

/* The same output for two calls that ask for as much. */
static void twice(BYTE *random, ULONG len) {
    static BYTE last[PIECE_LEN];
    static ULONG last_len;
    if (len == last_len) {
        memcpy(random, last, len);
        last_len = 0;
    } else if (len <= sizeof last) {
        memcpy(last, random, len);
        last_len = len;
    }
}

/* What the fault makes of an output that is right, of one octet or more. */
static void spoil(BYTE *random, ULONG len) {
    if (fault("random-constant")) {
        memset(random, 0x5C, len);
    } else if (fault("random-counter")) {
        counted(random, len);
    } else if (fault("random-few-states")) {
        state = ((unsigned)(random[0] << 8 | random[len - 1]) % FEW_STATES + 1) * 0xD1342543DE82EF95;
        filled(random, len, mixed);
    } else if (fault("random-restarts-on-connect") || fault("random-same-in-each-process")) {
        filled(random, len, mixed);
    } else if (fault("random-shift-register")) {
        filled(random, len, shifted);
    } else if (fault("random-biased")) {
        biased(random, len);
    } else if (fault("random-decimal-digits")) {
        as_digits(random, len);
    } else if (fault("random-never-negative")) {
        random[0] &= 0x7F;
    } else if (fault("random-comes-twice")) {
        twice(random, len);
    }
}

ULONG DEVAPI SKF_GenRandom(DEVHANDLE hDev, BYTE *pbRandom, ULONG ulRandomLen) {
    ULONG len = ulRandomLen;
    if (fault("random-whole-words-only")) {
        len -= len % 4;
    } else if (fault("random-rounds-up") && len > 0) {
        len = (len + 7) / 8 * 8;
    } else if (fault("random-one-piece-only") && len > PIECE_LEN) {
        len = PIECE_LEN;
    }
    if (len == 0 && ulRandomLen > 0) {
        return SAR_OK;
    }
    ULONG code = NEXT(SKF_GenRandom)(hDev, pbRandom, len);
    if (code == SAR_OK && pbRandom != NULL && len > 0) {
        spoil(pbRandom, len);
    }
    return code;
}
