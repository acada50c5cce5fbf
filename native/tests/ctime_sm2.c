/* Constant-time entries of gmpki/sm2.h. The bytes of the system's random source are secret in this build by themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "ctime.h"
#include "gmpki/sm2.h"

enum { MESSAGE_LEN = 45, ALL_FORMATS = 63 };

static const uint8_t scalar_a[32] = {0x39, 0x45, 0x20, 0x8f, 0x7b, 0x21, 0x44, 0xb1, 0x3f, 0x36, 0xe3, 1};
static const uint8_t scalar_b[32] = {0x81, 0xeb, 0x26, 0xe9, 0x41, 0xbb, 0x5a, 0xf1, 0x6d, 0xf1, 0x16, 2};
static const uint8_t user_id[16] = "1234567812345678";

static uint8_t message[MESSAGE_LEN];
static uint8_t digest[GMPKI_SM3_DIGEST_LEN];
static uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
static uint8_t out[MESSAGE_LEN + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD];

/* A status is public: an entry that ends otherwise than it should tests nothing and must not pass. */
static void must_be(int expected, int status) {
    if (status != expected) {
        abort();
    }
}

static void must(int status) {
    must_be(GMPKI_OK, status);
}

/* A key pair whose private half is secret in every byte, cached values and marks included. */
static void make_pair(gmpki_sm2_private_key *key, gmpki_sm2_public_key *public_key, const uint8_t scalar[32]) {
    must(gmpki_sm2_private_key_load(key, scalar));
    must(gmpki_sm2_private_key_public(key, public_key));
    ctime_secret(key, sizeof *key);
}

static void make_input(void) {
    memset(message, 0x5a, sizeof message);
    memset(digest, 0xa5, sizeof digest);
    ctime_secret(message, sizeof message);
    ctime_secret(digest, sizeof digest);
}

static void generate(void) {
    gmpki_sm2_private_key key;
    must(gmpki_sm2_generate(&key));
}

static void generate_unchecked(void) {
    gmpki_sm2_private_key key;
    must(gmpki_sm2_generate_unchecked(&key));
    make_input();
    must(gmpki_sm2_sign_digest(&key, signature, digest, 0)); /* computes what was left out */
}

static void load(void) {
    gmpki_sm2_private_key key;
    uint8_t d[32];
    memcpy(d, scalar_a, sizeof d);
    ctime_secret(d, sizeof d);
    must(gmpki_sm2_private_key_load(&key, d));
}

static void load_out_of_range(void) {
    gmpki_sm2_private_key key;
    uint8_t d[32];
    memset(d, 0xff, sizeof d);
    ctime_secret(d, sizeof d);
    must_be(GMPKI_ERR_SCALAR, gmpki_sm2_private_key_load(&key, d));
}

static void store(void) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    uint8_t d[32];
    make_pair(&key, &public_key, scalar_a);
    must(gmpki_sm2_private_key_store(&key, d));
}

static void public_half(void) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    uint8_t encoded[65];
    make_pair(&key, &public_key, scalar_a);
    must(gmpki_sm2_private_key_public(&key, &public_key));
    must(gmpki_sm2_public_key_store(&public_key, encoded, sizeof encoded));
    must(gmpki_sm2_public_key_load(&public_key, encoded, sizeof encoded)); /* the point is public */
}

static void clear(void) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    make_pair(&key, &public_key, scalar_a);
    gmpki_sm2_private_key_clear(&key);
}

static void sign_digest_with(unsigned flags) {
    static gmpki_sm2_verify_table table;
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    make_pair(&key, &public_key, scalar_a);
    make_input();
    must(gmpki_sm2_sign_digest(&key, signature, digest, flags));
    must(gmpki_sm2_verify_digest(&public_key, signature, digest)); /* a signature is public */
    must(gmpki_sm2_verify_table_make(&table, &public_key));
    must(gmpki_sm2_verify_digest_with_table(&table, signature, digest));
}

static void sign_digest(void) {
    sign_digest_with(0);
}

static void sign_digest_deterministic(void) {
    sign_digest_with(GMPKI_SM2_SIGN_DETERMINISTIC);
}

static void sign_digest_verify(void) {
    sign_digest_with(GMPKI_SM2_SIGN_VERIFY);
}

static void sign_with(unsigned flags) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    make_pair(&key, &public_key, scalar_a);
    make_input();
    must(gmpki_sm2_sign(&key, signature, user_id, sizeof user_id, message, sizeof message, flags));
}

static void sign(void) {
    sign_with(0);
}

static void sign_deterministic_verify(void) {
    sign_with(GMPKI_SM2_SIGN_DETERMINISTIC | GMPKI_SM2_SIGN_VERIFY);
}

static size_t encrypt_as(gmpki_sm2_public_key *public_key, int format) {
    size_t len;
    make_input();
    must(gmpki_sm2_encrypt(public_key, out, sizeof out, &len, message, sizeof message, format));
    return len;
}

static void encrypt(void) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    make_pair(&key, &public_key, scalar_a);
    for (int format = 1; format <= ALL_FORMATS; format <<= 1) {
        encrypt_as(&public_key, format);
    }
}

/* Encrypt, declare the ciphertext public, flip a bit of one byte from its end, and decrypt with secret keys. */
static void decrypt_as(int format, unsigned formats, size_t flip_from_end, int expected) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    uint8_t plaintext[sizeof out];
    size_t plaintext_len;
    make_pair(&key, &public_key, scalar_a);
    size_t len = encrypt_as(&public_key, format);
    ctime_declassify(out, len);
    if (flip_from_end != 0) {
        out[len - flip_from_end] ^= 1;
    }
    must_be(expected, gmpki_sm2_decrypt(&key, plaintext, sizeof plaintext, &plaintext_len, out, len, formats));
}

static void decrypt(void) {
    for (int format = 1; format <= ALL_FORMATS; format <<= 1) {
        decrypt_as(format, (unsigned)format, 0, GMPKI_OK);
        decrypt_as(format, ALL_FORMATS, 0, GMPKI_OK);
    }
}

static void decrypt_tampered_c2(void) {
    for (int format = 1; format <= ALL_FORMATS; format <<= 1) {
        int c2_last = format != GMPKI_SM2_C1C2C3 && format != GMPKI_SM2_C1C2C3_BARE;
        decrypt_as(format, ALL_FORMATS, c2_last ? 1 : 1 + GMPKI_SM2_C3_LEN, GMPKI_ERR_DECRYPT);
    }
}

static void decrypt_tampered_c3(void) {
    for (int format = 1; format <= ALL_FORMATS; format <<= 1) {
        int c2_last = format != GMPKI_SM2_C1C2C3 && format != GMPKI_SM2_C1C2C3_BARE;
        size_t behind_c3 = format == GMPKI_SM2_DER ? MESSAGE_LEN + 2 : MESSAGE_LEN;
        decrypt_as(format, ALL_FORMATS, c2_last ? behind_c3 + 1 : 1, GMPKI_ERR_DECRYPT);
    }
}

static void decrypt_tampered_c1(void) {
    decrypt_as(GMPKI_SM2_C1C3C2, ALL_FORMATS, MESSAGE_LEN + GMPKI_SM2_C3_LEN + 1, GMPKI_ERR_DECRYPT);
}

static void exchange_in_role(int role) {
    gmpki_sm2_private_key key, ephemeral;
    gmpki_sm2_public_key public_key, public_ephemeral;
    uint8_t shared_key[48], initiator[32], responder[32];
    make_pair(&key, &public_key, scalar_a);
    make_pair(&ephemeral, &public_ephemeral, scalar_b);
    must(gmpki_sm2_exchange(&key, shared_key, sizeof shared_key, initiator, responder, role, &ephemeral, scalar_a,
                            &public_ephemeral, &public_key, scalar_b));
}

static void exchange_initiator(void) {
    exchange_in_role(GMPKI_SM2_INITIATOR);
}

static void exchange_responder(void) {
    exchange_in_role(GMPKI_SM2_RESPONDER);
}

static void ecdh(void) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    uint8_t shared[GMPKI_SM2_POINT_LEN];
    make_pair(&key, &public_key, scalar_b);
    must(gmpki_sm2_ecdh(&key, shared, &public_key));
}

const ctime_entry ctime_sm2[] = {
    {"gmpki_sm2_generate", "", generate},
    {"gmpki_sm2_generate_unchecked", "", generate_unchecked},
    {"gmpki_sm2_private_key_load", "", load},
    {"gmpki_sm2_private_key_load", "out of range", load_out_of_range},
    {"gmpki_sm2_private_key_store", "", store},
    {"gmpki_sm2_private_key_public", "", public_half},
    {"gmpki_sm2_private_key_clear", "", clear},
    {"gmpki_sm2_sign_digest", "", sign_digest},
    {"gmpki_sm2_sign_digest", "deterministic", sign_digest_deterministic},
    {"gmpki_sm2_sign_digest", "verify after sign", sign_digest_verify},
    {"gmpki_sm2_sign", "", sign},
    {"gmpki_sm2_sign", "deterministic, verify after sign", sign_deterministic_verify},
    {"gmpki_sm2_encrypt", "every format", encrypt},
    {"gmpki_sm2_decrypt", "every format", decrypt},
    {"gmpki_sm2_decrypt", "tampered C2", decrypt_tampered_c2},
    {"gmpki_sm2_decrypt", "tampered C3", decrypt_tampered_c3},
    {"gmpki_sm2_decrypt", "tampered C1", decrypt_tampered_c1},
    {"gmpki_sm2_exchange", "initiator", exchange_initiator},
    {"gmpki_sm2_exchange", "responder", exchange_responder},
    {"gmpki_sm2_ecdh", "", ecdh},
    {NULL, NULL, NULL},
};
