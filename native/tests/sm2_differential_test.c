/*
 * Each field kernel against the portable one on the same operands, many times over; sm2_field_test.c holds the portable
 * one against plain arithmetic. The operands are random, or their limbs are at the edges, or their product or sum is.
 * The argument is how many operations each kernel does in each of its operations, and a hundredth of it how many
 * inverses are checked; native/tools/run_differential.py gives 10^8.
 */
#include <stdlib.h>

#include "check.h"
#include "common/cpu.h"
#include "sm2_kernels.h"
#include "sm2_support.h"

enum { DEFAULT_COUNT = 4000000, POOL = 1024, INVERSE_SHARE = 100 };

/* Elements a, their inverses, and elements at the edges. */
static fp pool[POOL], pool_inverse[POOL], edges[POOL];

static int keeps_contract(const fp *a) {
    carry_bit borrow = 0;
    (void)sub_borrow(a->limb[0], FP_P0, &borrow);
    (void)sub_borrow(a->limb[1], FP_P1, &borrow);
    (void)sub_borrow(a->limb[2], FP_P2, &borrow);
    (void)sub_borrow(a->limb[3], FP_P3, &borrow);
    return borrow != 0;
}

static void random_element(fp *r) {
    do {
        for (int i = 0; i < 4; i++) {
            r->limb[i] = next_random();
        }
    } while (!keeps_contract(r));
}

/* Limbs that make carries ripple: none, all and single bits, halves, the limbs of p, and what is one beside them. */
static uint64_t edge_limb(void) {
    static const uint64_t middle[] = {0, 0, 1u << 31, 0x100000000u, UINT64_C(1) << 63, FP_P1, FP_P3, ~FP_P1, ~FP_P3};
    uint64_t choice = next_random();
    uint64_t limb = middle[choice % (sizeof middle / sizeof middle[0])];
    switch (choice >> 32 & 7) {
    case 0:
        return next_random();
    case 1:
        return UINT64_C(1) << (choice >> 40 & 63);
    case 2:
        return ~(uint64_t)0 << (choice >> 40 & 63);
    default:
        return limb + (choice >> 48) % 3 - 1;
    }
}

/* Edge limbs; the first are 0, 1, 2 .. and p - 1, p - 2 .. */
static void make_pools(void) {
    static const uint64_t p[4] = FP_MODULUS_LIMBS;
    for (int i = 0; i < POOL; i++) {
        do {
            random_element(&pool[i]);
        } while (fp_is_zero(&pool[i]));
        fp_inverse(&pool_inverse[i], &pool[i]);
        do {
            for (int j = 0; j < 4; j++) {
                edges[i].limb[j] = i < 16 ? (i % 2 == 0 ? 0 : p[j]) : edge_limb();
            }
            if (i < 16) {
                edges[i].limb[0] += i % 2 == 0 ? (uint64_t)i / 2 : 0 - ((uint64_t)i + 1) / 2;
            }
        } while (!keeps_contract(&edges[i]));
    }
}

/* A batch of operands of all kinds, in the order of a new choice each time. */
static void make_operands(fp a[KERNEL_BATCH], fp b[KERNEL_BATCH]) {
    for (int i = 0; i < KERNEL_BATCH; i++) {
        uint64_t choice = next_random();
        const fp *edge = &edges[choice >> 8 & (POOL - 1)];
        uint64_t j = choice >> 24 & (POOL - 1);
        switch (choice & 7) {
        case 0: /* the product is an edge */
            a[i] = pool[j];
            fp_mul(&b[i], &pool_inverse[j], edge);
            break;
        case 1: /* the sum is */
            random_element(&a[i]);
            fp_sub(&b[i], edge, &a[i]);
            break;
        case 2: /* the difference is */
            random_element(&b[i]);
            fp_add(&a[i], edge, &b[i]);
            break;
        case 3:
            random_element(&a[i]);
            random_element(&b[i]);
            break;
        case 4:
            a[i] = *edge;
            random_element(&b[i]);
            break;
        default:
            a[i] = *edge;
            b[i] = edges[j];
            break;
        }
    }
}

static void portable_mul(fp *r, const fp *a, const fp *b) {
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_mul(&r[i], &a[i], &b[i]);
    }
}

static void portable_sqr(fp *r, const fp *a, const fp *b) {
    (void)b;
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_sqr(&r[i], &a[i]);
    }
}

static void portable_add(fp *r, const fp *a, const fp *b) {
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_add(&r[i], &a[i], &b[i]);
    }
}

static void portable_sub(fp *r, const fp *a, const fp *b) {
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_sub(&r[i], &a[i], &b[i]);
    }
}

static void portable_half(fp *r, const fp *a, const fp *b) {
    (void)b;
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_half(&r[i], &a[i]);
    }
}

/* Compare one operation count times and return how many results differ. */
static unsigned long compare(kernel_operation tested, kernel_operation portable, unsigned long count) {
    unsigned long differences = 0;
    fp a[KERNEL_BATCH], b[KERNEL_BATCH], expected[KERNEL_BATCH], got[KERNEL_BATCH];
    for (unsigned long done = 0; done < count; done += KERNEL_BATCH) {
        make_operands(a, b);
        portable(expected, a, b);
        tested(got, a, b);
        for (int i = 0; i < KERNEL_BATCH; i++) {
            differences += memcmp(&got[i], &expected[i], sizeof got[i]) != 0;
        }
    }
    return differences;
}

static unsigned long compare_kernel(const field_kernel *kernel, unsigned long count) {
    const kernel_operation tested[] = {kernel->mul, kernel->sqr, kernel->add, kernel->sub, kernel->half};
    const kernel_operation portable[] = {portable_mul, portable_sqr, portable_add, portable_sub, portable_half};
    static const char *const names[] = {"mul", "sqr", "add", "sub", "half"};
    unsigned long differences = 0;
    for (size_t i = 0; i < sizeof tested / sizeof tested[0]; i++) {
        if (tested[i] != NULL) {
            unsigned long found = compare(tested[i], portable[i], count);
            CHECK(found == 0);
            printf("%s %s: %lu operations, %lu differences\n", kernel->name, names[i], count, found);
            differences += found;
        }
    }
    return differences;
}

/* Inverses modulo p and n, times what they are of. */
static unsigned long check_inverses(unsigned long count) {
    unsigned long wrong = 0;
    fp a[KERNEL_BATCH], b[KERNEL_BATCH];
    for (unsigned long done = 0; done < count; done += KERNEL_BATCH) {
        make_operands(a, b);
        for (int i = 0; i < KERNEL_BATCH; i++) {
            fp product;
            fn scalar, inverse;
            uint8_t bytes[32];
            fp_inverse(&product, &a[i]);
            fp_mul(&product, &product, &a[i]);
            wrong += fp_is_zero(&a[i]) ? !fp_is_zero(&product) : !fp_equal(&product, &fp_one);
            fp_to_bytes(bytes, &b[i]);
            fn_reduce_bytes(&scalar, bytes);
            fn_inverse(&inverse, &scalar);
            fn_mul(&inverse, &inverse, &scalar);
            wrong += fn_is_zero(&scalar) ? !fn_is_zero(&inverse) : !fn_equal(&inverse, &fn_one);
        }
    }
    return wrong;
}

/* The comparison sees a wrong bit. */
static void broken_mul(fp *r, const fp *a, const fp *b) {
    portable_mul(r, a, b);
    r[KERNEL_BATCH - 1].limb[3] ^= 1;
}

int main(int argc, char **argv) {
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : repetitions(DEFAULT_COUNT);
    unsigned long differences = 0;
    unsigned kernels = 0;
    make_pools();
    CHECK(compare(broken_mul, portable_mul, KERNEL_BATCH) == 1);
    CHECK(check_inverses(count / INVERSE_SHARE) == 0);
    for (int i = 0; field_kernels[i] != NULL; i++) {
        const field_kernel *kernel = field_kernels[i];
        if ((cpu_features() & kernel->features) != kernel->features) {
            printf("left out: operations of the field kernel %s: this processor cannot run them\n", kernel->name);
            continue;
        }
        differences += compare_kernel(kernel, count);
        kernels++;
    }
    printf("%u kernels, %lu operations each time, %lu differences\n", kernels, count, differences);
    return finish();
}
