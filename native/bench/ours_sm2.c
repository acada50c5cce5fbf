/* SM2 of the core, one operation a call; and the random source that key generation and signing wait for. */
#include "bench.h"
#include "gmpki/rand.h"
#include "gmpki/sm2.h"

static const uint8_t scalar[GMPKI_SM2_SCALAR_LEN] = {0x39, 0x45, 0x20, 0x8f, 0x7b, 0x21, 0x44, 0xb1, 0x3f, 0x36, 0xe3,
                                                     0x8a, 0xc6, 0xd3, 0x9f, 0x95, 0x88, 0x93, 0x93, 0x69, 0x28, 0x60,
                                                     0xb5, 0x1a, 0x42, 0xfb, 0x81, 0xef, 0x4d, 0xf7, 0xc5, 0xb8};

static struct {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key peer;
    gmpki_sm2_verify_table table;
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    uint8_t ciphertext[32 + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD];
    size_t ciphertext_len;
    uint8_t uncompressed[GMPKI_SM2_POINT_UNCOMPRESSED_LEN];
    uint8_t compressed[GMPKI_SM2_POINT_COMPRESSED_LEN];
} s;

static int prepare(const bench_case *one) {
    (void)one;
    int status = gmpki_sm2_private_key_load(&s.key, scalar);
    status |= gmpki_sm2_private_key_public(&s.key, &s.peer);
    status |= gmpki_sm2_verify_table_make(&s.table, &s.peer);
    /* Deterministic: what is verified is the same in every run, so that instructions can be counted. */
    status |= gmpki_sm2_sign_digest(&s.key, s.signature, bench_in, GMPKI_SM2_SIGN_DETERMINISTIC);
    status |= gmpki_sm2_encrypt(&s.peer, s.ciphertext, sizeof s.ciphertext, &s.ciphertext_len, bench_in, 32,
                                GMPKI_SM2_C1C3C2);
    status |= gmpki_sm2_public_key_store(&s.peer, s.uncompressed, sizeof s.uncompressed);
    status |= gmpki_sm2_public_key_store(&s.peer, s.compressed, sizeof s.compressed);
    return status;
}

static int keygen(const bench_case *one) {
    gmpki_sm2_private_key made;
    (void)one;
    return gmpki_sm2_generate(&made);
}

static int keygen_unchecked(const bench_case *one) {
    gmpki_sm2_private_key made;
    (void)one;
    return gmpki_sm2_generate_unchecked(&made);
}

static int sign(const bench_case *one) {
    (void)one;
    return gmpki_sm2_sign_digest(&s.key, bench_out, bench_in, 0);
}

static int sign_deterministic(const bench_case *one) {
    (void)one;
    return gmpki_sm2_sign_digest(&s.key, bench_out, bench_in, GMPKI_SM2_SIGN_DETERMINISTIC);
}

static int verify(const bench_case *one) {
    (void)one;
    return gmpki_sm2_verify_digest(&s.peer, s.signature, bench_in);
}

static int verify_table(const bench_case *one) {
    (void)one;
    return gmpki_sm2_verify_digest_with_table(&s.table, s.signature, bench_in);
}

static int table_make(const bench_case *one) {
    (void)one;
    return gmpki_sm2_verify_table_make(&s.table, &s.peer);
}

static int encrypt(const bench_case *one) {
    size_t len;
    return gmpki_sm2_encrypt(&s.peer, bench_out, sizeof bench_out, &len, bench_in, one->argument, GMPKI_SM2_C1C3C2);
}

static int decrypt(const bench_case *one) {
    size_t len;
    (void)one;
    return gmpki_sm2_decrypt(&s.key, bench_out, sizeof bench_out, &len, s.ciphertext, s.ciphertext_len,
                             GMPKI_SM2_C1C3C2);
}

static int ecdh(const bench_case *one) {
    (void)one;
    return gmpki_sm2_ecdh(&s.key, bench_out, &s.peer);
}

static int private_load(const bench_case *one) {
    gmpki_sm2_private_key loaded;
    (void)one;
    return gmpki_sm2_private_key_load(&loaded, scalar);
}

static int public_load(const bench_case *one) {
    gmpki_sm2_public_key loaded;
    return gmpki_sm2_public_key_load(&loaded, one->argument == 33 ? s.compressed : s.uncompressed, one->argument);
}

static int random_bytes(const bench_case *one) {
    return gmpki_random(bench_out, one->argument);
}

static void add(const char *operation, int (*run)(const bench_case *one), size_t argument) {
    bench_case one = {operation, "gmpki", GMPKI_SM2, 0, 1, argument, run, prepare, NULL};
    bench_add(&one);
}

void ours_sm2_register(void) {
    add("sm2_keygen", keygen, 0);
    add("sm2_keygen_unchecked", keygen_unchecked, 0);
    add("sm2_sign", sign, 0);
    add("sm2_sign_deterministic", sign_deterministic, 0);
    add("sm2_verify", verify, 0);
    add("sm2_verify_table", verify_table, 0);
    add("sm2_table_make", table_make, 0);
    add("sm2_encrypt_32", encrypt, 32);
    add("sm2_decrypt_32", decrypt, 32);
    add("sm2_ecdh", ecdh, 0);
    add("sm2_private_key_load", private_load, 0);
    add("sm2_public_key_load_65", public_load, 65);
    add("sm2_public_key_load_33", public_load, 33);
    static const size_t lengths[] = {32, 48};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        bench_case one = {"random", "gmpki", BENCH_NO_ALGORITHM, 0, 1, lengths[i], random_bytes, NULL, NULL};
        bench_add_sized(&one, lengths[i]);
    }
}
