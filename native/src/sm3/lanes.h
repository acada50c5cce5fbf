/*
 * What the kernels with lanes have in common: from memory into vectors, through the rounds, and back. A kernel's file
 * defines what rounds.h asks for and the list below, and includes this.
 *
 *   WIDTH                 how many lanes a vector has
 *   vec_load(p)           a vector from the WIDTH words at p
 *   vec_store(p, v)       and back
 *   load_words(w, lanes)  word i of the block at lanes[l], in the order of numbers, into lane l of w[i]
 */
#ifndef GMPKI_SRC_SM3_LANES_H
#define GMPKI_SRC_SM3_LANES_H

#include "sm3/rounds.h"
#include "sm3/sm3.h"

static void compress_lanes(sm3_lanes *state, const uint8_t *const blocks[], size_t count, size_t used) {
    const uint8_t *lanes[WIDTH];
    vec s[8];
    vec w[16];
    for (size_t l = 0; l < WIDTH; l++) {
        lanes[l] = blocks[l < used ? l : 0];
    }
    UNROLL
    for (int i = 0; i < 8; i++) {
        s[i] = vec_load(state->words[i]);
    }
    for (; count != 0; count--) {
        load_words(w, lanes);
        compress_vectors(s, w);
        UNROLL
        for (size_t l = 0; l < WIDTH; l++) {
            lanes[l] += GMPKI_SM3_BLOCK_LEN;
        }
    }
    UNROLL
    for (int i = 0; i < 8; i++) {
        vec_store(state->words[i], s[i]);
    }
    gmpki_cleanse(w, sizeof w);
}

static void compress_words(sm3_lanes *state, const sm3_lane_blocks *block, size_t used) {
    vec s[8];
    vec w[16];
    (void)used;
    UNROLL
    for (int i = 0; i < 8; i++) {
        s[i] = vec_load(state->words[i]);
    }
    UNROLL
    for (int i = 0; i < 16; i++) {
        w[i] = vec_load(block->words[i]);
    }
    compress_vectors(s, w);
    UNROLL
    for (int i = 0; i < 8; i++) {
        vec_store(state->words[i], s[i]);
    }
    gmpki_cleanse(w, sizeof w);
}

#endif /* GMPKI_SRC_SM3_LANES_H */
