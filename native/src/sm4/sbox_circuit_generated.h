/*
 * Made by tools/sm4_sbox_circuit.py, which derives it and proves it for all 256 inputs; do not edit.
 * The S-box of SM4 (GB/T 32907-2016, 6.2) as a circuit of 27 AND, 5 OR, 84 XOR, 10 NOT gates.
 */
#ifndef GMPKI_SRC_SM4_SBOX_CIRCUIT_GENERATED_H
#define GMPKI_SRC_SM4_SBOX_CIRCUIT_GENERATED_H

#include "sm4/bit_plane.h"

/* Substitute a plane of bytes at once: bit i of each of them stands in x[i]. CT: constant. */
static inline void sm4_sbox_planes(sm4_plane x[8]) {
    const sm4_plane t0 = ~x[0];
    const sm4_plane t1 = ~x[2];
    const sm4_plane t2 = ~x[4];
    const sm4_plane t3 = ~x[5];
    const sm4_plane t4 = ~x[6];
    const sm4_plane t5 = t0 ^ t4;
    const sm4_plane t6 = x[1] ^ t3;
    const sm4_plane t7 = t2 ^ t5;
    const sm4_plane t8 = t3 ^ x[7];
    const sm4_plane t9 = x[1] ^ t5;
    const sm4_plane t10 = t2 ^ t6;
    const sm4_plane t11 = t1 ^ t6;
    const sm4_plane t12 = x[3] ^ t4;
    const sm4_plane t13 = x[1] ^ x[7];
    const sm4_plane t14 = t1 ^ t2;
    const sm4_plane t15 = t1 ^ t7;
    const sm4_plane t16 = t3 ^ t7;
    const sm4_plane t17 = t1 ^ t9;
    const sm4_plane t18 = t5 ^ t11;
    const sm4_plane t19 = t8 ^ t12;
    const sm4_plane t20 = t6 ^ t12;
    const sm4_plane t21 = t4 ^ t14;
    const sm4_plane t22 = t4 ^ t10;
    const sm4_plane t23 = x[3] ^ t8;
    const sm4_plane t24 = t14 ^ t23;
    const sm4_plane t25 = t1 ^ t8;
    const sm4_plane t26 = x[3] ^ t2;
    const sm4_plane t27 = t7 ^ t13;
    const sm4_plane t28 = t1 & t19;
    const sm4_plane t29 = t7 | t13;
    const sm4_plane t30 = t15 & t20;
    const sm4_plane t31 = t9 | t21;
    const sm4_plane t32 = t16 & t11;
    const sm4_plane t33 = t10 | t22;
    const sm4_plane t34 = t17 | t24;
    const sm4_plane t35 = t3 | t25;
    const sm4_plane t36 = t18 & t26;
    const sm4_plane t37 = t30 ^ t35;
    const sm4_plane t38 = t33 ^ t35;
    const sm4_plane t39 = t28 ^ t36;
    const sm4_plane t40 = t37 ^ t39;
    const sm4_plane t41 = t29 ^ t34;
    const sm4_plane t42 = t37 ^ t41;
    const sm4_plane t43 = t31 ^ t36;
    const sm4_plane t44 = t38 ^ t43;
    const sm4_plane t45 = t32 ^ t34;
    const sm4_plane t46 = t38 ^ t45;
    const sm4_plane t47 = t40 ^ t4;
    const sm4_plane t48 = t46 ^ t27;
    const sm4_plane t49 = t47 ^ t42;
    const sm4_plane t50 = t47 & t44;
    const sm4_plane t51 = t44 ^ t48;
    const sm4_plane t52 = t48 ^ t50;
    const sm4_plane t53 = t49 & t52;
    const sm4_plane t54 = t53 ^ t42;
    const sm4_plane t55 = t42 ^ t50;
    const sm4_plane t56 = t55 & t51;
    const sm4_plane t57 = t56 ^ t48;
    const sm4_plane t58 = t52 ^ t57;
    const sm4_plane t59 = t48 & t58;
    const sm4_plane t60 = t44 ^ t57;
    const sm4_plane t61 = t59 ^ t60;
    const sm4_plane t62 = t52 ^ t59;
    const sm4_plane t63 = t54 & t62;
    const sm4_plane t64 = t49 ^ t63;
    const sm4_plane t65 = t61 ^ t57;
    const sm4_plane t66 = t64 ^ t54;
    const sm4_plane t67 = t61 ^ t64;
    const sm4_plane t68 = t57 ^ t54;
    const sm4_plane t69 = t65 ^ t66;
    const sm4_plane t70 = t61 & t19;
    const sm4_plane t71 = t57 & t13;
    const sm4_plane t72 = t65 & t20;
    const sm4_plane t73 = t64 & t21;
    const sm4_plane t74 = t54 & t11;
    const sm4_plane t75 = t66 & t22;
    const sm4_plane t76 = t67 & t24;
    const sm4_plane t77 = t68 & t25;
    const sm4_plane t78 = t69 & t26;
    const sm4_plane t79 = t61 & t1;
    const sm4_plane t80 = t57 & t7;
    const sm4_plane t81 = t65 & t15;
    const sm4_plane t82 = t64 & t9;
    const sm4_plane t83 = t54 & t16;
    const sm4_plane t84 = t66 & t10;
    const sm4_plane t85 = t67 & t17;
    const sm4_plane t86 = t68 & t3;
    const sm4_plane t87 = t69 & t18;
    const sm4_plane t88 = t73 ^ t74;
    const sm4_plane t89 = t83 ^ t88;
    const sm4_plane t90 = t71 ^ t72;
    const sm4_plane t91 = t85 ^ t86;
    const sm4_plane t92 = t78 ^ t89;
    const sm4_plane t93 = t76 ^ t79;
    const sm4_plane t94 = t82 ^ t93;
    const sm4_plane t95 = t77 ^ t90;
    const sm4_plane t96 = t81 ^ t91;
    const sm4_plane t97 = t82 ^ t87;
    const sm4_plane t98 = t92 ^ t94;
    const sm4_plane t99 = t76 ^ t95;
    const sm4_plane t100 = t74 ^ t75;
    const sm4_plane t101 = t80 ^ t90;
    const sm4_plane t102 = t96 ^ t100;
    const sm4_plane t103 = t101 ^ t102;
    const sm4_plane t104 = t84 ^ t91;
    const sm4_plane t105 = t92 ^ t95;
    const sm4_plane t106 = t104 ^ t105;
    const sm4_plane t107 = t70 ^ t72;
    const sm4_plane t108 = t77 ^ t81;
    const sm4_plane t109 = t84 ^ t88;
    const sm4_plane t110 = t94 ^ t107;
    const sm4_plane t111 = t108 ^ t109;
    const sm4_plane t112 = t110 ^ t111;
    const sm4_plane t113 = t70 ^ t71;
    const sm4_plane t114 = t85 ^ t89;
    const sm4_plane t115 = t97 ^ t113;
    const sm4_plane t116 = t114 ^ t115;
    const sm4_plane t117 = t80 ^ t98;
    const sm4_plane t118 = t84 ^ t86;
    const sm4_plane t119 = t97 ^ t118;
    const sm4_plane t120 = t96 ^ t98;
    const sm4_plane t121 = ~t99;
    const sm4_plane t122 = ~t103;
    const sm4_plane t123 = ~t116;
    const sm4_plane t124 = ~t119;
    const sm4_plane t125 = ~t120;
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
