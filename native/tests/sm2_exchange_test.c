/* Key exchange and plain Diffie-Hellman. */
#include "sm2_support.h"

#define KEY_A "81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029"
#define KEY_B "785129917d45a9ea5437a59356b82338eaadda6ceb199088f14ae10defa229b5"
#define EPHEMERAL_A "d4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3"
#define EPHEMERAL_B "7e07124814b309489125eaed101113164ebf0f3458c5bd88335c1f9d596243d6"

/* One side: its keys and ZA. */
typedef struct party {
    gmpki_sm2_private_key key, ephemeral;
    gmpki_sm2_public_key public_key, public_ephemeral;
    uint8_t za[32];
} party;

typedef struct outcome {
    uint8_t key[200], initiator[32], responder[32];
} outcome;

static void prepare(party *p, const gmpki_sm2_private_key *key, const gmpki_sm2_private_key *ephemeral) {
    p->key = *key;
    p->ephemeral = *ephemeral;
    p->public_key = public_of(key);
    p->public_ephemeral = public_of(ephemeral);
    CHECK(gmpki_sm2_za(p->za, &p->public_key, DEFAULT_ID) == GMPKI_OK);
}

static int exchange(outcome *o, size_t key_len, int role, const party *own, const party *peer) {
    memset(o, 0xcc, sizeof *o);
    return gmpki_sm2_exchange(&own->key, o->key, key_len, o->initiator, o->responder, role, &own->ephemeral, own->za,
                              &peer->public_key, &peer->public_ephemeral, peer->za);
}

static int zeroed(const outcome *o, size_t key_len) {
    return all_zero(o->key, key_len) && all_zero(o->initiator, 32) && all_zero(o->responder, 32);
}

/* GB/T 32918.5-2017 annex B. */
static void test_annex(void) {
    party a, b;
    outcome o;
    gmpki_sm2_private_key key = load_key(KEY_A), ephemeral = load_key(EPHEMERAL_A);
    prepare(&a, &key, &ephemeral);
    key = load_key(KEY_B);
    ephemeral = load_key(EPHEMERAL_B);
    prepare(&b, &key, &ephemeral);
    CHECK(equals_hex(a.za, 32, "3b85a57179e11e7e513aa622991f2ca74d1807a0bd4d4b38f90987a17ac245b1"));
    CHECK(equals_hex(b.za, 32, "79c988d63229d97ef19fe02ca1056e01e6a7411ed24694aa8f834f4a4ab022f7"));
    for (int role = 0; role < 2; role++) {
        CHECK(exchange(&o, 16, role, role == GMPKI_SM2_INITIATOR ? &a : &b, role == GMPKI_SM2_INITIATOR ? &b : &a) ==
              GMPKI_OK);
        CHECK(equals_hex(o.key, 16, "6c89347354de2484c60b4ab1fde4c6e5"));
        CHECK(equals_hex(o.responder, 32, "d3a0fe15dee185ceae907a6b595cc32a266ed7b3367e9983a896dc32fa20f8eb"));
        CHECK(equals_hex(o.initiator, 32, "18c7894b3816df16cf07b05c5ec0bef5d655d58f779cc1b400a4f3884644db88"));
    }
    /* Both in the same role do not agree. */
    CHECK(exchange(&o, 16, GMPKI_SM2_INITIATOR, &b, &a) == GMPKI_OK);
    CHECK(!equals_hex(o.key, 16, "6c89347354de2484c60b4ab1fde4c6e5"));
}

static void generate(party *p) {
    gmpki_sm2_private_key key, ephemeral;
    CHECK(gmpki_sm2_generate(&key) == GMPKI_OK && gmpki_sm2_generate(&ephemeral) == GMPKI_OK);
    prepare(p, &key, &ephemeral);
}

static void test_agreement(void) {
    for (size_t len = 1; len <= 200; len += 11) {
        party a, b;
        outcome first, second;
        generate(&a);
        generate(&b);
        CHECK(exchange(&first, len, GMPKI_SM2_INITIATOR, &a, &b) == GMPKI_OK);
        CHECK(exchange(&second, len, GMPKI_SM2_RESPONDER, &b, &a) == GMPKI_OK);
        CHECK(memcmp(&first, &second, sizeof first) == 0);
        /* anything different on one side gives another key */
        a.za[0] ^= 1;
        CHECK(exchange(&second, len, GMPKI_SM2_RESPONDER, &b, &a) == GMPKI_OK);
        CHECK(memcmp(first.responder, second.responder, 32) != 0);
    }
}

/* x of a point, cut to 127 bits with 2^127 set. */
static fn truncated(const gmpki_sm2_public_key *key) {
    uint8_t xy[64], bytes[32] = {0};
    fn r;
    CHECK(gmpki_sm2_public_key_store(key, xy, 64) == GMPKI_OK);
    memcpy(bytes + 16, xy + 16, 16);
    bytes[16] |= 0x80;
    CHECK(fn_from_bytes(&r, bytes) != 0);
    return r;
}

static gmpki_sm2_private_key key_from_scalar(const fn *d) {
    gmpki_sm2_private_key key;
    uint8_t bytes[32];
    fn_to_bytes(bytes, d);
    CHECK(gmpki_sm2_private_key_load(&key, bytes) == GMPKI_OK);
    return key;
}

/* d = -x r makes t = 0 on one's own side, and P + x R infinity on the other's: both are refused. */
static void test_infinity(void) {
    for (int i = 0; i < 10; i++) {
        party a, b;
        outcome o;
        generate(&a);
        generate(&b);
        fn r, x = truncated(&a.public_ephemeral), d;
        sm2_private_scalar(&r, &a.ephemeral);
        fn_mul(&d, &x, &r);
        fn_neg(&d, &d);
        gmpki_sm2_private_key key = key_from_scalar(&d);
        gmpki_sm2_private_key ephemeral = a.ephemeral;
        prepare(&a, &key, &ephemeral);
        for (int role = 0; role < 2; role++) {
            CHECK(exchange(&o, 48, role, &a, &b) == GMPKI_ERR_POINT && zeroed(&o, 48));
            CHECK(exchange(&o, 48, role, &b, &a) == GMPKI_ERR_POINT && zeroed(&o, 48));
        }
    }
    /* P = x R: adding the two is a doubling. */
    party a, b;
    outcome first, second;
    generate(&a);
    generate(&b);
    fn r, x = truncated(&a.public_ephemeral), d;
    sm2_private_scalar(&r, &a.ephemeral);
    fn_mul(&d, &x, &r);
    gmpki_sm2_private_key key = key_from_scalar(&d);
    gmpki_sm2_private_key ephemeral = a.ephemeral;
    prepare(&a, &key, &ephemeral);
    CHECK(exchange(&first, 48, GMPKI_SM2_INITIATOR, &a, &b) == GMPKI_OK);
    CHECK(exchange(&second, 48, GMPKI_SM2_RESPONDER, &b, &a) == GMPKI_OK);
    CHECK(memcmp(&first, &second, sizeof first) == 0);
}

static void test_ecdh(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY), empty;
    gmpki_sm2_public_key peer, nothing;
    uint8_t k[32] = {0}, xy[64], shared[64], again[64];
    memset(&empty, 0, sizeof empty);
    memset(&nothing, 0, sizeof nothing);
    k[31] = 5;
    CHECK(gmpki_test_sm2_point_mul(xy, k, NULL) == GMPKI_OK);
    CHECK(gmpki_sm2_public_key_load(&peer, xy, 64) == GMPKI_OK);
    CHECK(gmpki_sm2_ecdh(&key, shared, &peer) == GMPKI_OK);
    CHECK(equals_hex(shared, 64,
                     "3151a34be202e94090314d2d6dd57763309e0cbd46b0e5131e24f54a93b75df0"
                     "f6cd8d36b0ca1e10b4f1d76139323ec1ac19dcca1a6353e1540174c9011ec0b5"));
    for (int i = 0; i < 20; i++) {
        gmpki_sm2_private_key a, b;
        CHECK(gmpki_sm2_generate(&a) == GMPKI_OK && gmpki_sm2_generate(&b) == GMPKI_OK);
        gmpki_sm2_public_key public_a = public_of(&a), public_b = public_of(&b);
        CHECK(gmpki_sm2_ecdh(&a, shared, &public_b) == GMPKI_OK);
        CHECK(gmpki_sm2_ecdh(&b, again, &public_a) == GMPKI_OK && memcmp(shared, again, 64) == 0);
    }
    CHECK(gmpki_sm2_ecdh(NULL, shared, &peer) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_ecdh(&key, NULL, &peer) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_ecdh(&key, shared, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_ecdh(&empty, shared, &peer) == GMPKI_ERR_STATE && all_zero(shared, 64));
    CHECK(gmpki_sm2_ecdh(&key, shared, &nothing) == GMPKI_ERR_STATE && all_zero(shared, 64));
}

static void test_misuse(void) {
    static uint8_t long_key[65537];
    party a, b;
    outcome o;
    generate(&a);
    generate(&b);
    CHECK(exchange(&o, 0, GMPKI_SM2_INITIATOR, &a, &b) == GMPKI_ERR_LENGTH && zeroed(&o, 0));
    CHECK(exchange(&o, 48, 2, &a, &b) == GMPKI_ERR_ARGUMENT && zeroed(&o, 48));
    CHECK(exchange(&o, 48, -1, &a, &b) == GMPKI_ERR_ARGUMENT && zeroed(&o, 48));
    CHECK(gmpki_sm2_exchange(&a.key, long_key, 65537, o.initiator, o.responder, 0, &a.ephemeral, a.za, &b.public_key,
                             &b.public_ephemeral, b.za) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm2_exchange(&a.key, long_key, 65536, o.initiator, o.responder, 0, &a.ephemeral, a.za, &b.public_key,
                             &b.public_ephemeral, b.za) == GMPKI_OK);
    for (int missing = 0; missing < 9; missing++) {
        CHECK(gmpki_sm2_exchange(missing == 0 ? NULL : &a.key, missing == 1 ? NULL : o.key, 48,
                                 missing == 2 ? NULL : o.initiator, missing == 3 ? NULL : o.responder, 0,
                                 missing == 4 ? NULL : &a.ephemeral, missing == 5 ? NULL : a.za,
                                 missing == 6 ? NULL : &b.public_key, missing == 7 ? NULL : &b.public_ephemeral,
                                 missing == 8 ? NULL : b.za) == GMPKI_ERR_ARGUMENT);
    }
    party broken = a;
    broken.key.ready = 0;
    CHECK(exchange(&o, 48, 0, &broken, &b) == GMPKI_ERR_STATE && zeroed(&o, 48));
    broken = a;
    broken.ephemeral.ready = 0;
    CHECK(exchange(&o, 48, 0, &broken, &b) == GMPKI_ERR_STATE && zeroed(&o, 48));
    broken = b;
    broken.public_key.ready = 0;
    CHECK(exchange(&o, 48, 0, &a, &broken) == GMPKI_ERR_STATE && zeroed(&o, 48));
    broken = b;
    broken.public_ephemeral.ready = 0;
    CHECK(exchange(&o, 48, 0, &a, &broken) == GMPKI_ERR_STATE && zeroed(&o, 48));
}

int main(void) {
    test_annex();
    test_agreement();
    test_infinity();
    test_ecdh();
    test_misuse();
    return finish();
}
