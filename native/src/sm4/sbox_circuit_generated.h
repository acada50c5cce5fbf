/*
 * Made by tools/sm4_sbox_circuit.py, which derives it and proves it for all 256 inputs; do not edit.
 * The S-box of SM4 (GB/T 32907-2016, 6.2) as a circuit of 27 AND, 5 OR, 84 XOR, 10 NOT gates.
 */
#ifndef GMPKI_SRC_SM4_SBOX_CIRCUIT_GENERATED_H
#define GMPKI_SRC_SM4_SBOX_CIRCUIT_GENERATED_H

#include <stdint.h>

/* Substitute 64 bytes at once: bit i of each of them stands in x[i]. CT: constant. */
static inline void sm4_sbox_planes(uint64_t x[8]) {
    const uint64_t t0 = ~x[0];
    const uint64_t t1 = ~x[2];
    const uint64_t t2 = ~x[4];
    const uint64_t t3 = ~x[5];
    const uint64_t t4 = ~x[6];
    const uint64_t t5 = t0 ^ t4;
    const uint64_t t6 = x[1] ^ t3;
    const uint64_t t7 = t2 ^ t5;
    const uint64_t t8 = t3 ^ x[7];
    const uint64_t t9 = x[1] ^ t5;
    const uint64_t t10 = t2 ^ t6;
    const uint64_t t11 = t1 ^ t6;
    const uint64_t t12 = x[3] ^ t4;
    const uint64_t t13 = x[1] ^ x[7];
    const uint64_t t14 = t1 ^ t2;
    const uint64_t t15 = t1 ^ t7;
    const uint64_t t16 = t3 ^ t7;
    const uint64_t t17 = t1 ^ t9;
    const uint64_t t18 = t5 ^ t11;
    const uint64_t t19 = t8 ^ t12;
    const uint64_t t20 = t6 ^ t12;
    const uint64_t t21 = t4 ^ t14;
    const uint64_t t22 = t4 ^ t10;
    const uint64_t t23 = x[3] ^ t8;
    const uint64_t t24 = t14 ^ t23;
    const uint64_t t25 = t1 ^ t8;
    const uint64_t t26 = x[3] ^ t2;
    const uint64_t t27 = t7 ^ t13;
    const uint64_t t28 = t1 & t19;
    const uint64_t t29 = t7 | t13;
    const uint64_t t30 = t15 & t20;
    const uint64_t t31 = t9 | t21;
    const uint64_t t32 = t16 & t11;
    const uint64_t t33 = t10 | t22;
    const uint64_t t34 = t17 | t24;
    const uint64_t t35 = t3 | t25;
    const uint64_t t36 = t18 & t26;
    const uint64_t t37 = t30 ^ t35;
    const uint64_t t38 = t33 ^ t35;
    const uint64_t t39 = t28 ^ t36;
    const uint64_t t40 = t37 ^ t39;
    const uint64_t t41 = t29 ^ t34;
    const uint64_t t42 = t37 ^ t41;
    const uint64_t t43 = t31 ^ t36;
    const uint64_t t44 = t38 ^ t43;
    const uint64_t t45 = t32 ^ t34;
    const uint64_t t46 = t38 ^ t45;
    const uint64_t t47 = t40 ^ t4;
    const uint64_t t48 = t46 ^ t27;
    const uint64_t t49 = t47 ^ t42;
    const uint64_t t50 = t47 & t44;
    const uint64_t t51 = t44 ^ t48;
    const uint64_t t52 = t48 ^ t50;
    const uint64_t t53 = t49 & t52;
    const uint64_t t54 = t53 ^ t42;
    const uint64_t t55 = t42 ^ t50;
    const uint64_t t56 = t55 & t51;
    const uint64_t t57 = t56 ^ t48;
    const uint64_t t58 = t52 ^ t57;
    const uint64_t t59 = t48 & t58;
    const uint64_t t60 = t44 ^ t57;
    const uint64_t t61 = t59 ^ t60;
    const uint64_t t62 = t52 ^ t59;
    const uint64_t t63 = t54 & t62;
    const uint64_t t64 = t49 ^ t63;
    const uint64_t t65 = t61 ^ t57;
    const uint64_t t66 = t64 ^ t54;
    const uint64_t t67 = t61 ^ t64;
    const uint64_t t68 = t57 ^ t54;
    const uint64_t t69 = t65 ^ t66;
    const uint64_t t70 = t61 & t19;
    const uint64_t t71 = t57 & t13;
    const uint64_t t72 = t65 & t20;
    const uint64_t t73 = t64 & t21;
    const uint64_t t74 = t54 & t11;
    const uint64_t t75 = t66 & t22;
    const uint64_t t76 = t67 & t24;
    const uint64_t t77 = t68 & t25;
    const uint64_t t78 = t69 & t26;
    const uint64_t t79 = t61 & t1;
    const uint64_t t80 = t57 & t7;
    const uint64_t t81 = t65 & t15;
    const uint64_t t82 = t64 & t9;
    const uint64_t t83 = t54 & t16;
    const uint64_t t84 = t66 & t10;
    const uint64_t t85 = t67 & t17;
    const uint64_t t86 = t68 & t3;
    const uint64_t t87 = t69 & t18;
    const uint64_t t88 = t73 ^ t74;
    const uint64_t t89 = t83 ^ t88;
    const uint64_t t90 = t71 ^ t72;
    const uint64_t t91 = t85 ^ t86;
    const uint64_t t92 = t78 ^ t89;
    const uint64_t t93 = t76 ^ t79;
    const uint64_t t94 = t82 ^ t93;
    const uint64_t t95 = t77 ^ t90;
    const uint64_t t96 = t81 ^ t91;
    const uint64_t t97 = t82 ^ t87;
    const uint64_t t98 = t92 ^ t94;
    const uint64_t t99 = t76 ^ t95;
    const uint64_t t100 = t74 ^ t75;
    const uint64_t t101 = t80 ^ t90;
    const uint64_t t102 = t96 ^ t100;
    const uint64_t t103 = t101 ^ t102;
    const uint64_t t104 = t84 ^ t91;
    const uint64_t t105 = t92 ^ t95;
    const uint64_t t106 = t104 ^ t105;
    const uint64_t t107 = t70 ^ t72;
    const uint64_t t108 = t77 ^ t81;
    const uint64_t t109 = t84 ^ t88;
    const uint64_t t110 = t94 ^ t107;
    const uint64_t t111 = t108 ^ t109;
    const uint64_t t112 = t110 ^ t111;
    const uint64_t t113 = t70 ^ t71;
    const uint64_t t114 = t85 ^ t89;
    const uint64_t t115 = t97 ^ t113;
    const uint64_t t116 = t114 ^ t115;
    const uint64_t t117 = t80 ^ t98;
    const uint64_t t118 = t84 ^ t86;
    const uint64_t t119 = t97 ^ t118;
    const uint64_t t120 = t96 ^ t98;
    const uint64_t t121 = ~t99;
    const uint64_t t122 = ~t103;
    const uint64_t t123 = ~t116;
    const uint64_t t124 = ~t119;
    const uint64_t t125 = ~t120;
    x[0] = t121;
    x[1] = t122;
    x[2] = t106;
    x[3] = t112;
    x[4] = t123;
    x[5] = t117;
    x[6] = t124;
    x[7] = t125;
}

#endif /* GMPKI_SRC_SM4_SBOX_CIRCUIT_GENERATED_H */
