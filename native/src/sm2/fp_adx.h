/*
 * Products modulo p for x86-64 with MULX (BMI2) and ADCX, ADOX (ADX), with the contract of fp.h.
 *
 * A product of a with one limb of b makes four low and four high halves. They are added into the running sum by two
 * carry chains that do not wait for one another: the low halves through the carry flag, the high halves through the
 * overflow flag. After each row the lowest limb of the sum is the next quotient digit q of Montgomery reduction, as p =
 * -1 mod 2^64, and is cleared by adding q * p (see reduce_step in fp.c for the equation).
 *
 * A product takes eleven registers, a square twelve, beside those of the operands: where a compiler keeps a frame and a
 * base pointer, and the operands are behind pointers, none is left over.
 *
 * CT: constant. No branch, no address depends on a value.
 */
#ifndef GMPKI_SRC_SM2_FP_ADX_H
#define GMPKI_SRC_SM2_FP_ADX_H

#include "common/sanitizers.h"
#include "sm2/fp.h"

/*
 * Left to itself a compiler finds them too long, and then every operand goes through memory behind a pointer. What
 * sanitizers add to a function leaves it too few registers, so there they stay apart.
 */
#if defined(GMPKI_ASAN) || defined(GMPKI_UBSAN)
#define FP_ADX_INLINE static __attribute__((noinline, unused))
#else
#define FP_ADX_INLINE static inline __attribute__((always_inline))
#endif

#if defined(__x86_64__) && defined(__OPTIMIZE__) && !defined(GMPKI_MSAN)

#define FP_ADX 1

/*
 * One quotient digit q = x0: x1, x2, x3 and, in place of x0, a new highest limb take what remains of q * p. l and h are
 * the halves of q * 2^32; u = q * 2^32 - q is subtracted from x1 and x2, l from x3, and the new limb is q - h. u0 and
 * u1 are scratch beside l and h.
 */
#define FP_ADX_STEP(x0, x1, x2, x3, l, h, u0, u1)                                                                      \
    "movq " x0 ", " l "\n\t"                                                                                           \
    "shlq $32, " l "\n\t"                                                                                              \
    "movq " x0 ", " h "\n\t"                                                                                           \
    "shrq $32, " h "\n\t"                                                                                              \
    "movq " l ", " u0 "\n\t"                                                                                           \
    "movq " h ", " u1 "\n\t"                                                                                           \
    "subq " x0 ", " u0 "\n\t"                                                                                          \
    "sbbq $0, " u1 "\n\t"                                                                                              \
    "subq " u0 ", " x1 "\n\t"                                                                                          \
    "sbbq " u1 ", " x2 "\n\t"                                                                                          \
    "sbbq " l ", " x3 "\n\t"                                                                                           \
    "sbbq " h ", " x0 "\n\t"

/* t4:t3:t2:t1:t0 += a * b for the limb b, where t4 is new; zero names a register that is free. */
#define FP_ADX_ROW(b, t0, t1, t2, t3, t4, zero)                                                                        \
    "movq " b ", %%rdx\n\t"                                                                                            \
    "xorl %k[" zero "], %k[" zero "]\n\t" /* zero, and both carries off */                                             \
    "mulxq %[a0], %[lo], %[hi]\n\t"                                                                                    \
    "adcxq %[lo], " t0 "\n\t"                                                                                          \
    "adoxq %[hi], " t1 "\n\t"                                                                                          \
    "mulxq %[a1], %[lo], %[hi]\n\t"                                                                                    \
    "adcxq %[lo], " t1 "\n\t"                                                                                          \
    "adoxq %[hi], " t2 "\n\t"                                                                                          \
    "mulxq %[a2], %[lo], %[hi]\n\t"                                                                                    \
    "adcxq %[lo], " t2 "\n\t"                                                                                          \
    "adoxq %[hi], " t3 "\n\t"                                                                                          \
    "mulxq %[a3], %[lo], " t4 "\n\t"                                                                                   \
    "adcxq %[lo], " t3 "\n\t"                                                                                          \
    "adcxq %[" zero "], " t4 "\n\t"                                                                                    \
    "adoxq %[" zero "], " t4 "\n\t"

/* The row of b3: with no register left that could be the zero, and t7 new. */
#define FP_ADX_LAST_ROW                                                                                                \
    "movq %[b3], %%rdx\n\t"                                                                                            \
    "xorl %k[lo], %k[lo]\n\t"                                                                                          \
    "mulxq %[a0], %[lo], %[hi]\n\t"                                                                                    \
    "adcxq %[lo], %[x3]\n\t"                                                                                           \
    "adoxq %[hi], %[t4]\n\t"                                                                                           \
    "mulxq %[a1], %[lo], %[hi]\n\t"                                                                                    \
    "adcxq %[lo], %[t4]\n\t"                                                                                           \
    "adoxq %[hi], %[t5]\n\t"                                                                                           \
    "mulxq %[a2], %[lo], %[hi]\n\t"                                                                                    \
    "adcxq %[lo], %[t5]\n\t"                                                                                           \
    "adoxq %[hi], %[t6]\n\t"                                                                                           \
    "mulxq %[a3], %[lo], %[t7]\n\t"                                                                                    \
    "adcxq %[lo], %[t6]\n\t"                                                                                           \
    "movl $0, %k[lo]\n\t"                                                                                              \
    "adcxq %[lo], %[t7]\n\t"                                                                                           \
    "adoxq %[lo], %[t7]\n\t"

/* The step of q = x3 with scratch in three registers: u = q * (2^32 - 1) comes from a product. */
#define FP_ADX_LAST_STEP                                                                                               \
    "movl $0xffffffff, %%edx\n\t"                                                                                      \
    "mulxq %[x3], %[lo], %[hi]\n\t"                                                                                    \
    "movq %[x3], %%rdx\n\t"                                                                                            \
    "shlq $32, %%rdx\n\t"                                                                                              \
    "subq %[lo], %[x0]\n\t"                                                                                            \
    "sbbq %[hi], %[x1]\n\t"                                                                                            \
    "sbbq %%rdx, %[x2]\n\t"                                                                                            \
    "rorxq $32, %[x3], %[lo]\n\t"                                                                                      \
    "movl %k[lo], %k[lo]\n\t"                                                                                          \
    "sbbq %[lo], %[x3]\n\t"

/*
 * x0 .. x3, the low half after four digits, which is at most p, plus the high half t4 .. t7, which is below p: the sum
 * into t4 .. t7, less p if that goes. The last borrow says that the sum, its carry with it, was below p.
 */
#define FP_ADX_FINISH                                                                                                  \
    "addq %[x0], %[t4]\n\t"                                                                                            \
    "adcq %[x1], %[t5]\n\t"                                                                                            \
    "adcq %[x2], %[t6]\n\t"                                                                                            \
    "adcq %[x3], %[t7]\n\t"                                                                                            \
    "sbbq %%rdx, %%rdx\n\t"                                                                                            \
    "movq $0xffffffff00000000, %[lo]\n\t"                                                                              \
    "movq $0xfffffffeffffffff, %[hi]\n\t"                                                                              \
    "movq %[t4], %[x0]\n\t"                                                                                            \
    "movq %[t5], %[x1]\n\t"                                                                                            \
    "movq %[t6], %[x2]\n\t"                                                                                            \
    "movq %[t7], %[x3]\n\t"                                                                                            \
    "subq $-1, %[x0]\n\t"                                                                                              \
    "sbbq %[lo], %[x1]\n\t"                                                                                            \
    "sbbq $-1, %[x2]\n\t"                                                                                              \
    "sbbq %[hi], %[x3]\n\t"                                                                                            \
    "sbbq $0, %%rdx\n\t"                                                                                               \
    "cmovncq %[x0], %[t4]\n\t"                                                                                         \
    "cmovncq %[x1], %[t5]\n\t"                                                                                         \
    "cmovncq %[x2], %[t6]\n\t"                                                                                         \
    "cmovncq %[x3], %[t7]\n\t"

#define FP_ADX_REGISTERS                                                                                               \
    [t4] "=&r"(t4), [t5] "=&r"(t5), [t6] "=&r"(t6), [t7] "=&r"(t7), [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2),    \
        [x3] "=&r"(x3), [lo] "=&r"(lo), [hi] "=&r"(hi), [d] "=&r"(d)

#define FP_ADX_LIMBS_A [a0] "m"(a->limb[0]), [a1] "m"(a->limb[1]), [a2] "m"(a->limb[2]), [a3] "m"(a->limb[3])
#define FP_ADX_LIMBS_B [b0] "m"(b->limb[0]), [b1] "m"(b->limb[1]), [b2] "m"(b->limb[2]), [b3] "m"(b->limb[3])

/* ab */
FP_ADX_INLINE void fp_adx_mul(fp *r, const fp *a, const fp *b) {
    uint64_t x0, x1, x2, x3, t4, t5, t6, t7, lo, hi;
    __asm__("movq %[b0], %%rdx\n\t"
            "mulxq %[a0], %[x0], %[x1]\n\t"
            "mulxq %[a1], %[lo], %[x2]\n\t"
            "mulxq %[a2], %[hi], %[x3]\n\t"
            "addq %[lo], %[x1]\n\t"
            "mulxq %[a3], %[lo], %[t4]\n\t"
            "adcq %[hi], %[x2]\n\t"
            "adcq %[lo], %[x3]\n\t"
            "adcq $0, %[t4]\n\t" FP_ADX_STEP("%[x0]", "%[x1]", "%[x2]", "%[x3]", "%[lo]", "%[hi]", "%[t7]", "%%rdx")
                FP_ADX_ROW("%[b1]", "%[x1]", "%[x2]", "%[x3]", "%[t4]", "%[t5]", "t7")
                    FP_ADX_STEP("%[x1]", "%[x2]", "%[x3]", "%[x0]", "%[lo]", "%[hi]", "%[t7]", "%%rdx")
                        FP_ADX_ROW("%[b2]", "%[x2]", "%[x3]", "%[t4]", "%[t5]", "%[t6]", "t7")
                            FP_ADX_STEP("%[x2]", "%[x3]", "%[x0]", "%[x1]", "%[lo]", "%[hi]", "%[t7]", "%%rdx")
                                FP_ADX_LAST_ROW FP_ADX_LAST_STEP FP_ADX_FINISH
            : [t4] "=&r"(t4), [t5] "=&r"(t5), [t6] "=&r"(t6), [t7] "=&r"(t7), [x0] "=&r"(x0), [x1] "=&r"(x1),
              [x2] "=&r"(x2), [x3] "=&r"(x3), [lo] "=&r"(lo), [hi] "=&r"(hi)
            : FP_ADX_LIMBS_A, FP_ADX_LIMBS_B
            : "rdx", "cc");
    r->limb[0] = t4;
    r->limb[1] = t5;
    r->limb[2] = t6;
    r->limb[3] = t7;
}

/* a^2: the six products of different limbs are taken once and doubled. */
FP_ADX_INLINE void fp_adx_sqr(fp *r, const fp *a) {
    uint64_t x0, x1, x2, x3, t4, t5, t6, t7, lo, hi, d;
    __asm__("movq %[a0], %%rdx\n\t"
            "mulxq %[a1], %[x1], %[x2]\n\t"
            "mulxq %[a2], %[lo], %[x3]\n\t"
            "mulxq %[a3], %[hi], %[t4]\n\t"
            "addq %[lo], %[x2]\n\t"
            "adcq %[hi], %[x3]\n\t"
            "adcq $0, %[t4]\n\t"
            "movq %[a1], %%rdx\n\t"
            "xorl %k[t6], %k[t6]\n\t" /* both carries off */
            "mulxq %[a2], %[lo], %[hi]\n\t"
            "adcxq %[lo], %[x3]\n\t"
            "adoxq %[hi], %[t4]\n\t"
            "mulxq %[a3], %[lo], %[t5]\n\t"
            "adcxq %[lo], %[t4]\n\t"
            "adoxq %[t6], %[t5]\n\t"
            "movq %[a2], %%rdx\n\t"
            "mulxq %[a3], %[lo], %[hi]\n\t"
            "adcxq %[lo], %[t5]\n\t"
            "adcxq %[hi], %[t6]\n\t" /* t6 was 0; neither carry is left over */
            /* twice that, plus the squares */
            "xorl %k[t7], %k[t7]\n\t"
            "movq %[a0], %%rdx\n\t"
            "mulxq %%rdx, %[x0], %[hi]\n\t"
            "adcxq %[x1], %[x1]\n\t"
            "adoxq %[hi], %[x1]\n\t"
            "movq %[a1], %%rdx\n\t"
            "mulxq %%rdx, %[lo], %[hi]\n\t"
            "adcxq %[x2], %[x2]\n\t"
            "adoxq %[lo], %[x2]\n\t"
            "adcxq %[x3], %[x3]\n\t"
            "adoxq %[hi], %[x3]\n\t"
            "movq %[a2], %%rdx\n\t"
            "mulxq %%rdx, %[lo], %[hi]\n\t"
            "adcxq %[t4], %[t4]\n\t"
            "adoxq %[lo], %[t4]\n\t"
            "adcxq %[t5], %[t5]\n\t"
            "adoxq %[hi], %[t5]\n\t"
            "movq %[a3], %%rdx\n\t"
            "mulxq %%rdx, %[lo], %[hi]\n\t"
            "adcxq %[t6], %[t6]\n\t"
            "adoxq %[lo], %[t6]\n\t"
            "adcxq %[t7], %[t7]\n\t"
            "adoxq %[hi], %[t7]\n\t" FP_ADX_STEP("%[x0]", "%[x1]", "%[x2]", "%[x3]", "%[lo]", "%[hi]", "%[d]", "%%rdx")
                FP_ADX_STEP("%[x1]", "%[x2]", "%[x3]", "%[x0]", "%[lo]", "%[hi]", "%[d]", "%%rdx")
                    FP_ADX_STEP("%[x2]", "%[x3]", "%[x0]", "%[x1]", "%[lo]", "%[hi]", "%[d]", "%%rdx")
                        FP_ADX_STEP("%[x3]", "%[x0]", "%[x1]", "%[x2]", "%[lo]", "%[hi]", "%[d]", "%%rdx") FP_ADX_FINISH
            : FP_ADX_REGISTERS
            : FP_ADX_LIMBS_A
            : "rdx", "cc");
    r->limb[0] = t4;
    r->limb[1] = t5;
    r->limb[2] = t6;
    r->limb[3] = t7;
}

/* gcc takes b from registers or memory as it comes, clang would put it into memory first. */
#ifdef __clang__
#define FP_ADX_FROM "r"
#else
#define FP_ADX_FROM "rm"
#endif
#define FP_ADX_TERM                                                                                                    \
    [b0] FP_ADX_FROM(b->limb[0]), [b1] FP_ADX_FROM(b->limb[1]), [b2] FP_ADX_FROM(b->limb[2]),                          \
        [b3] FP_ADX_FROM(b->limb[3])

/*
 * a - b: p is added when the difference is negative. With m all ones then, else zero, the limbs of what is added are m,
 * m * 2^32, m, m + m * 2^32.
 */
FP_ADX_INLINE void fp_adx_sub(fp *r, const fp *a, const fp *b) {
    uint64_t r0 = a->limb[0], r1 = a->limb[1], r2 = a->limb[2], r3 = a->limb[3];
    uint64_t m, t;
    __asm__("subq %[b0], %[r0]\n\t"
            "sbbq %[b1], %[r1]\n\t"
            "sbbq %[b2], %[r2]\n\t"
            "sbbq %[b3], %[r3]\n\t"
            "sbbq %[m], %[m]\n\t"
            "movq %[m], %[t]\n\t"
            "shlq $32, %[t]\n\t"
            "addq %[m], %[r0]\n\t"
            "adcq %[t], %[r1]\n\t"
            "leaq (%[m], %[t]), %[t]\n\t"
            "adcq %[m], %[r2]\n\t"
            "adcq %[t], %[r3]\n\t"
            : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [m] "=&r"(m), [t] "=&r"(t)
            : FP_ADX_TERM
            : "cc");
    r->limb[0] = r0;
    r->limb[1] = r1;
    r->limb[2] = r2;
    r->limb[3] = r3;
}

/* a / 2: p is added to an odd number, limb by limb as above, and the carry comes in from the left. */
FP_ADX_INLINE void fp_adx_half(fp *r, const fp *a) {
    uint64_t r0 = a->limb[0], r1 = a->limb[1], r2 = a->limb[2], r3 = a->limb[3];
    uint64_t m, t;
    __asm__("movl %k[r0], %k[m]\n\t"
            "andl $1, %k[m]\n\t"
            "negq %[m]\n\t"
            "movq %[m], %[t]\n\t"
            "shlq $32, %[t]\n\t"
            "addq %[m], %[r0]\n\t"
            "adcq %[t], %[r1]\n\t"
            "leaq (%[m], %[t]), %[t]\n\t"
            "adcq %[m], %[r2]\n\t"
            "adcq %[t], %[r3]\n\t"
            "rcrq $1, %[r3]\n\t"
            "rcrq $1, %[r2]\n\t"
            "rcrq $1, %[r1]\n\t"
            "rcrq $1, %[r0]\n\t"
            : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [m] "=&r"(m), [t] "=&r"(t)
            :
            : "cc");
    r->limb[0] = r0;
    r->limb[1] = r1;
    r->limb[2] = r2;
    r->limb[3] = r3;
}

#else

#define FP_ADX 0

FP_ADX_INLINE void fp_adx_mul(fp *r, const fp *a, const fp *b) {
    fp_mul(r, a, b);
}

FP_ADX_INLINE void fp_adx_sqr(fp *r, const fp *a) {
    fp_sqr(r, a);
}

FP_ADX_INLINE void fp_adx_sub(fp *r, const fp *a, const fp *b) {
    fp_sub(r, a, b);
}

FP_ADX_INLINE void fp_adx_half(fp *r, const fp *a) {
    fp_half(r, a);
}

#endif

#endif /* GMPKI_SRC_SM2_FP_ADX_H */
