/* Key exchange (GB/T 32918.3-2016 6.1). */
#include <string.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm2/shared.h"
#include "sm2/sm2.h"
#include "sm3/sm3.h"

enum { MAX_SHARED_KEY_LEN = 1 << 16 };

/* What both sides know, in the order in which the hashes take it: A first. */
typedef struct transcript {
    const uint8_t *initiator_za;
    const uint8_t *responder_za;
    uint8_t initiator_ephemeral[GMPKI_SM2_POINT_LEN];
    uint8_t responder_ephemeral[GMPKI_SM2_POINT_LEN];
} transcript;

/* 2^w + (x & (2^w - 1)) with w = ceil(ceil(log2 n) / 2) - 1 = 127, of an ephemeral public point. */
static void truncated_x(fn *r, const uint8_t x[32]) {
    uint8_t bytes[32] = {0};
    memcpy(bytes + 16, x + 16, 16);
    bytes[16] |= 0x80;
    (void)fn_from_bytes(r, bytes); /* below 2^128 */
}

/* A4, A5 (B3, B4): t = (d + x_own * r) mod n. */
static void implicit_scalar(fn *t, const gmpki_sm2_private_key *key, const gmpki_sm2_private_key *ephemeral,
                            const uint8_t own_x[32]) {
    fn x, d;
    truncated_x(&x, own_x);
    sm2_private_scalar(t, ephemeral);
    fn_mul(t, t, &x);
    sm2_private_scalar(&d, key);
    fn_add(t, t, &d);
    gmpki_cleanse(&d, sizeof d);
}

/* Part of A7 (B6): P + x_peer * R of the peer. Both points are public. Infinity is refused. */
static int peer_point_vartime(affine *r, const gmpki_sm2_public_key *peer, const gmpki_sm2_public_key *peer_ephemeral,
                              const uint8_t peer_x[32]) {
    static const fn zero = {{0}};
    fn x;
    affine p;
    point sum;
    truncated_x(&x, peer_x);
    sm2_public_point(&p, peer_ephemeral);
    sm2_current()->multiply_double_vartime(&sum, &zero, &x, &p);
    sm2_public_point(&p, peer);
    point_add_affine_vartime(&sum, &sum, &p);
    return point_to_affine(r, &sum) ? GMPKI_OK : GMPKI_ERR_POINT;
}

/* tag || yU || SM3(xU || ZA || ZB || x1 || y1 || x2 || y2), hashed: 02 for S1 = SB, 03 for SA = S2. */
static void confirmations(uint8_t initiator[GMPKI_SM3_DIGEST_LEN], uint8_t responder[GMPKI_SM3_DIGEST_LEN],
                          const uint8_t u[GMPKI_SM2_POINT_LEN], const transcript *known) {
    static const uint8_t tags[2] = {0x02, 0x03};
    uint8_t *results[2] = {responder, initiator};
    uint8_t inner[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_ctx ctx;
    sm3_start(&ctx);
    sm3_add(&ctx, u, 32);
    sm3_add(&ctx, known->initiator_za, GMPKI_SM3_DIGEST_LEN);
    sm3_add(&ctx, known->responder_za, GMPKI_SM3_DIGEST_LEN);
    sm3_add(&ctx, known->initiator_ephemeral, GMPKI_SM2_POINT_LEN);
    sm3_add(&ctx, known->responder_ephemeral, GMPKI_SM2_POINT_LEN);
    sm3_finish(&ctx, inner);
    for (int i = 0; i < 2; i++) {
        sm3_start(&ctx);
        sm3_add(&ctx, &tags[i], 1);
        sm3_add(&ctx, u + 32, 32);
        sm3_add(&ctx, inner, sizeof inner);
        sm3_finish(&ctx, results[i]);
    }
    gmpki_cleanse(inner, sizeof inner);
}

/* A8 (B7): K = KDF(xU || yU || ZA || ZB, key_len). */
static void derive(uint8_t *shared_key, size_t key_len, const uint8_t u[GMPKI_SM2_POINT_LEN], const transcript *known) {
    uint8_t z[GMPKI_SM2_POINT_LEN + 2 * GMPKI_SM3_DIGEST_LEN];
    memcpy(z, u, GMPKI_SM2_POINT_LEN);
    memcpy(z + 64, known->initiator_za, GMPKI_SM3_DIGEST_LEN);
    memcpy(z + 96, known->responder_za, GMPKI_SM3_DIGEST_LEN);
    sm3_derive(shared_key, key_len, z, sizeof z);
    gmpki_cleanse(z, sizeof z);
}

static void encode_public(uint8_t xy[GMPKI_SM2_POINT_LEN], const gmpki_sm2_public_key *key) {
    affine p;
    sm2_public_point(&p, key);
    sm2_point_encode(xy, &p);
}

/* The shared point U = t * (P + x_peer * R), which must be finite, then all that comes from it. */
static int agree(const gmpki_sm2_private_key *key, uint8_t *shared_key, size_t key_len, uint8_t *confirm_initiator,
                 uint8_t *confirm_responder, int role, const gmpki_sm2_private_key *ephemeral, const uint8_t *za,
                 const gmpki_sm2_public_key *peer, const gmpki_sm2_public_key *peer_ephemeral, const uint8_t *peer_za) {
    transcript known;
    gmpki_sm2_public_key own_ephemeral;
    fn t;
    affine p;
    uint8_t u[GMPKI_SM2_POINT_LEN];
    int initiator = role == GMPKI_SM2_INITIATOR;
    uint8_t *own = initiator ? known.initiator_ephemeral : known.responder_ephemeral;
    uint8_t *theirs = initiator ? known.responder_ephemeral : known.initiator_ephemeral;
    known.initiator_za = initiator ? za : peer_za;
    known.responder_za = initiator ? peer_za : za;
    sm2_private_public(&own_ephemeral, ephemeral);
    encode_public(own, &own_ephemeral);
    encode_public(theirs, peer_ephemeral);

    int status = peer_point_vartime(&p, peer, peer_ephemeral, theirs);
    if (status != GMPKI_OK) {
        return status;
    }
    implicit_scalar(&t, key, ephemeral, own);
    uint64_t finite = sm2_shared_point(u, &t, &p);
    DECLASSIFY(&finite, sizeof finite); /* the status tells it */
    if (finite) {
        derive(shared_key, key_len, u, &known);
        confirmations(confirm_initiator, confirm_responder, u, &known);
    } else {
        status = GMPKI_ERR_POINT;
    }
    gmpki_cleanse(&t, sizeof t);
    gmpki_cleanse(u, sizeof u);
    return status;
}

/* What is asked before anything is computed. */
static int check(const gmpki_sm2_private_key *key, size_t key_len, int role, const gmpki_sm2_private_key *ephemeral,
                 const gmpki_sm2_public_key *peer, const gmpki_sm2_public_key *peer_ephemeral) {
    if (role != GMPKI_SM2_INITIATOR && role != GMPKI_SM2_RESPONDER) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (key_len == 0 || key_len > MAX_SHARED_KEY_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    if (!sm2_private_ready(key) || !sm2_private_ready(ephemeral)) {
        return GMPKI_ERR_STATE;
    }
    return sm2_public_ready(peer) && sm2_public_ready(peer_ephemeral) ? GMPKI_OK : GMPKI_ERR_STATE;
}

int gmpki_sm2_exchange(const gmpki_sm2_private_key *key, uint8_t *shared_key, size_t key_len,
                       uint8_t confirm_initiator[GMPKI_SM3_DIGEST_LEN], uint8_t confirm_responder[GMPKI_SM3_DIGEST_LEN],
                       int role, const gmpki_sm2_private_key *ephemeral, const uint8_t za[GMPKI_SM3_DIGEST_LEN],
                       const gmpki_sm2_public_key *peer, const gmpki_sm2_public_key *peer_ephemeral,
                       const uint8_t peer_za[GMPKI_SM3_DIGEST_LEN]) {
    int missing = key == NULL || shared_key == NULL || confirm_initiator == NULL || confirm_responder == NULL ||
                  ephemeral == NULL || za == NULL || peer == NULL || peer_ephemeral == NULL || peer_za == NULL;
    int status = missing ? GMPKI_ERR_ARGUMENT : check(key, key_len, role, ephemeral, peer, peer_ephemeral);
    if (status == GMPKI_OK) {
        status = agree(key, shared_key, key_len, confirm_initiator, confirm_responder, role, ephemeral, za, peer,
                       peer_ephemeral, peer_za);
    }
    if (status != GMPKI_OK) {
        zero_output(shared_key, key_len <= MAX_SHARED_KEY_LEN ? key_len : 0);
        zero_output(confirm_initiator, GMPKI_SM3_DIGEST_LEN);
        zero_output(confirm_responder, GMPKI_SM3_DIGEST_LEN);
    }
    return status;
}
