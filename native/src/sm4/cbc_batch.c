/*
 * CBC encryption of many messages: up to SM4_STREAMS of them go side by side through the kernel, as many blocks at a
 * time as the shortest has left, and a message that is finished gives its place to the next one that waits.
 */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

/* The messages under way. */
typedef struct places {
    sm4_stream streams[SM4_STREAMS];
    size_t blocks_left[SM4_STREAMS];
    uint8_t chains[SM4_STREAMS][BLOCK];
    size_t used;
} places;

/* The same number of blocks of each message under way. */
static void run(const sm4_backend *backend, places *p, size_t block_count) {
    if (p->used > 1 && backend->cbc_encrypt_many != NULL) {
        backend->cbc_encrypt_many(p->streams, p->used, block_count);
    } else {
        for (size_t i = 0; i < p->used; i++) {
            const sm4_stream *s = &p->streams[i];
            backend->cbc_encrypt(s->round_keys, s->chain, s->out, s->in, block_count);
        }
    }
}

/* Count the blocks done; the last message takes the place of one that is finished. */
static void advance(places *p, size_t block_count) {
    for (size_t i = p->used; i-- > 0;) {
        p->blocks_left[i] -= block_count;
        p->streams[i].in += BLOCK * block_count;
        p->streams[i].out += BLOCK * block_count;
        if (p->blocks_left[i] == 0) {
            size_t last = --p->used;
            uint8_t *chain = p->streams[i].chain;
            copy_bytes(chain, p->streams[last].chain, i == last ? 0 : BLOCK);
            p->streams[i] = p->streams[last];
            p->streams[i].chain = chain;
            p->blocks_left[i] = p->blocks_left[last];
        }
    }
}

static size_t fewest_blocks(const places *p) {
    size_t least = p->blocks_left[0];
    for (size_t i = 1; i < p->used; i++) {
        least = p->blocks_left[i] < least ? p->blocks_left[i] : least;
    }
    return least;
}

static void encrypt_all(const gmpki_sm4_key *const *keys, uint8_t *const *outs, const uint8_t *ivs,
                        const uint8_t *const *ins, const size_t *lens, size_t count) {
    const sm4_backend *backend = sm4_active();
    places p = {.used = 0};
    size_t next = 0;
    for (;;) {
        for (; p.used < SM4_STREAMS && next < count; next++) {
            if (lens[next] != 0) {
                uint8_t *chain = p.chains[p.used];
                copy_bytes(chain, ivs + BLOCK * next, BLOCK);
                p.streams[p.used] = (sm4_stream){keys[next]->round_keys, chain, outs[next], ins[next]};
                p.blocks_left[p.used] = lens[next] / BLOCK;
                p.used++;
            }
        }
        if (p.used == 0) {
            break;
        }
        size_t now = fewest_blocks(&p);
        run(backend, &p, now);
        advance(&p, now);
    }
    gmpki_cleanse(&p, sizeof p);
}

static int check(const gmpki_sm4_key *const *keys, uint8_t *const *outs, const uint8_t *ivs, const uint8_t *const *ins,
                 const size_t *lens, size_t count) {
    if (count != 0 && (keys == NULL || outs == NULL || ivs == NULL || ins == NULL || lens == NULL)) {
        return GMPKI_ERR_ARGUMENT;
    }
    for (size_t i = 0; i < count; i++) {
        if (keys[i] == NULL || (lens[i] != 0 && (outs[i] == NULL || ins[i] == NULL))) {
            return GMPKI_ERR_ARGUMENT;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (lens[i] % BLOCK != 0) {
            return GMPKI_ERR_LENGTH;
        }
    }
    return gate(GMPKI_SM4);
}

int gmpki_sm4_cbc_encrypt_batch(const gmpki_sm4_key *const *keys, uint8_t *const *outs, const uint8_t *ivs,
                                const uint8_t *const *ins, const size_t *lens, size_t count) {
    int status = check(keys, outs, ivs, ins, lens, count);
    if (status == GMPKI_OK) {
        encrypt_all(keys, outs, ivs, ins, lens, count);
    } else if (outs != NULL && lens != NULL) {
        for (size_t i = 0; i < count; i++) {
            zero_output(outs[i], lens[i]);
        }
    }
    return status;
}
