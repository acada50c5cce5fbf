/*
 * The field of eight lanes against the field of single elements, on numbers that make carries run. An argument asks for
 * so many million operations on each function instead of what every run does.
 */
#include <stdlib.h>

#include "common/cpu.h"
#include "sm2/batch.h"
#include "sm2_support.h"

#if defined(__x86_64__)

enum { LANES = 8, LIMBS = 5, LARGEST_MULTIPLE = 15 };

typedef struct lanes {
    uint64_t limb[LIMBS][LANES];
} lanes;

static const uint64_t limb_mask = (1ull << 52) - 1;

/* Limbs and words of zeros, ones, powers of two and their neighbours, or random. */
static uint64_t edge_word(void) {
    uint64_t choice = next_random();
    uint64_t power = 1ull << (choice >> 8) % 64;
    switch (choice % 8) {
    case 0:
        return 0;
    case 1:
        return ~0ull;
    case 2:
        return power;
    case 3:
        return power - 1;
    case 4:
        return ~power;
    case 5:
        return 0 - power;
    default:
        return next_random();
    }
}

/* An element, in the form of fp.h: v * 2^256 mod p for a plain number v that is random, of edges, or near p. */
static fp element(void) {
    static const uint64_t modulus[4] = {FP_P0, FP_P1, FP_P2, FP_P3};
    uint64_t plain[4];
    fp r;
    do {
        uint64_t near_p = next_random() % 4;
        for (int i = 0; i < 4; i++) {
            plain[i] = near_p == 0 ? modulus[i] : edge_word();
        }
        plain[0] -= near_p == 0 ? 1 + next_random() % 4 : 0;
    } while (!fp_from_limbs(&r, plain));
    return r;
}

/* Put the number value + multiple * p into a lane; value is taken as it is, without change of form. */
static void put(lanes *r, int lane, const uint64_t value[4], uint64_t times) {
    static const uint64_t modulus[4] = {FP_P0, FP_P1, FP_P2, FP_P3};
    uint64_t word[5];
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)modulus[i] * times + value[i];
        word[i] = (uint64_t)carry;
        carry >>= 64;
    }
    word[4] = (uint64_t)carry;
    for (int i = 0; i < LIMBS; i++) {
        int place = 52 * i;
        uint64_t v = word[place / 64] >> (place % 64);
        if (place % 64 > 12) {
            v |= word[place / 64 + 1] << (64 - place % 64);
        }
        r->limb[i][lane] = i < 4 ? v & limb_mask : v;
    }
}

/* The number of a lane modulo p, as an element of fp.h whose plain number it is. Its limbs have to be in range. */
static fp get(const lanes *a, int lane, int *in_range) {
    static const uint64_t power[4] = {1ull << 52, 0, 0, 0};
    fp r = {{0}}, step, limb;
    (void)fp_from_limbs(&step, power);
    for (int i = LIMBS - 1; i >= 0; i--) {
        const uint64_t plain[4] = {a->limb[i][lane], 0, 0, 0};
        *in_range &= plain[0] <= limb_mask;
        (void)fp_from_limbs(&limb, plain);
        fp_mul(&r, &r, &step);
        fp_add(&r, &r, &limb);
    }
    return r;
}

/* 2^260 as an element */
static fp radix(void) {
    static const uint64_t power[4] = {0, 0, 1, 0};
    fp r;
    (void)fp_from_limbs(&r, power);
    fp_mul(&r, &r, &r); /* 2^256 */
    for (int i = 0; i < 4; i++) {
        fp_double(&r, &r);
    }
    return r;
}

static fp eightfold(fp a) {
    for (int i = 0; i < 3; i++) {
        fp_double(&a, &a);
    }
    return a;
}

/* What an operation has to give, times 2^260 where the kernel divides by it. */
static fp expected(int op, const fp *a, const fp *b) {
    fp r, t;
    switch (op) {
    case SM2_BATCH_MUL:
        fp_mul(&r, a, b);
        return r;
    case SM2_BATCH_SQR:
        fp_sqr(&r, a);
        return r;
    case SM2_BATCH_DIFFERENCE:
        t = eightfold(*b);
        fp_sub(&r, a, &t);
        return r;
    case SM2_BATCH_TWO_PRODUCTS:
        fp_sqr(&t, b);
        t = eightfold(t);
        fp_mul(&r, a, b);
        fp_sub(&r, &r, &t);
        return r;
    default:
        return *a;
    }
}

static unsigned long run(const sm2_batch *batch, int op, const fp *scale, unsigned long rounds) {
    /* So many times p are added to one operand, and about 16 / (1 + that) times to the other of a product. */
    static const uint64_t largest[] = {[SM2_BATCH_MUL] = LARGEST_MULTIPLE,
                                       [SM2_BATCH_SQR] = 3,
                                       [SM2_BATCH_DIFFERENCE] = LARGEST_MULTIPLE,
                                       [SM2_BATCH_TWO_PRODUCTS] = 3,
                                       [SM2_BATCH_PLAIN] = LARGEST_MULTIPLE};
    unsigned long wrong = 0;
    for (unsigned long i = 0; i < rounds; i++) {
        lanes a, b, r;
        fp x[LANES], y[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            uint64_t plain[4];
            uint64_t times = next_random() % (largest[op] + 1);
            x[lane] = element();
            y[lane] = element();
            fp_to_limbs(plain, &x[lane]);
            put(&a, lane, plain, times);
            fp_to_limbs(plain, &y[lane]);
            put(&b, lane, plain, op == SM2_BATCH_MUL ? 15 / (times + 1) : next_random() % (largest[op] + 1));
        }
        batch->field(r.limb, a.limb, b.limb, op);
        for (int lane = 0; lane < LANES; lane++) {
            int in_range = 1;
            fp got = get(&r, lane, &in_range);
            fp want = expected(op, &x[lane], &y[lane]);
            if (op != SM2_BATCH_DIFFERENCE) {
                fp_mul(&got, &got, scale);
            }
            /* A result is below 2.01p < 2^258, and so its highest limb below 2^50. */
            wrong += !in_range || r.limb[4][lane] >> 50 != 0 || !fp_equal(&got, &want);
        }
    }
    return wrong;
}

static void test_all(unsigned long operations) {
    fp scale = radix();
    for (int op = SM2_BATCH_MUL; op <= SM2_BATCH_PLAIN; op++) {
        CHECK(run(&sm2_batch_ifma, op, &scale, operations / LANES) == 0);
    }
    printf("%lu operations of each kind\n", operations);
}

#else

static void test_all(unsigned long operations) {
    (void)operations;
}

#endif

int main(int argc, char **argv) {
    CHECK(argc <= 2);
    if (cpu_features() & CPU_X86_IFMA) {
        test_all(argc > 1 ? strtoul(argv[1], NULL, 10) * 1000000 : repetitions(200000));
    } else {
        leave_out("lanes of IFMA: this processor cannot run them");
    }
    return finish();
}
