/* Tests of keys that make or carry other keys, and of RSA. */
#ifndef GMPKI_TESTS_SOFTTOKEN_P11_KEYS_H
#define GMPKI_TESTS_SOFTTOKEN_P11_KEYS_H

#include <pthread.h>

#include "softtoken_p11_crypto.h"

/* One side: the token's key and an ephemeral pair of the session. */
static CK_RV exchange(CK_SESSION_HANDLE session, int initiator, CK_OBJECT_HANDLE own, CK_OBJECT_HANDLE ephemeral,
                      const uint8_t peer[67], const uint8_t peer_ephemeral[67], uint8_t shared[16]) {
    CK_GMPKI_SM2_EXCHANGE_PARAMS parameters = {
        .initiator = initiator ? CK_TRUE : CK_FALSE,
        .hEphemeral = ephemeral,
        .pPeerPoint = (CK_BYTE *)(size_t)peer,
        .ulPeerPointLen = 67,
        .pPeerEphemeral = (CK_BYTE *)(size_t)peer_ephemeral,
        .ulPeerEphemeralLen = 67,
    };
    CK_MECHANISM mechanism = {CKM_GMPKI_SM2_EXCHANGE, &parameters, sizeof parameters};
    CK_KEY_TYPE sm4 = CKK_GMPKI_SM4;
    CK_OBJECT_HANDLE derived;
    CK_ATTRIBUTE given[] = {VALUE(CKA_KEY_TYPE, sm4), NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE)};
    CK_RV rv = record("C_DeriveKey", C_DeriveKey(session, &mechanism, own, given, COUNT(given), &derived));
    if (rv == CKR_OK) {
        CHECK(attribute(session, derived, CKA_VALUE, shared, 16) == 16);
        CHECK(flag_of(session, derived, CKA_LOCAL) == 0);
    }
    return rv;
}

static void test_exchange(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE publics[4], privates[4];
    uint8_t points[4][67], one[16], other[16];
    CK_SESSION_HANDLE session = begin_token(&slot);
    for (int i = 0; i < 4; i++) { /* A, B on the token; their ephemeral pairs in the session */
        sm2_pair(session, i < 2, &publics[i], &privates[i]);
        CHECK(attribute(session, publics[i], CKA_EC_POINT, points[i], 67) == 67);
    }
    CHECK(exchange(session, 1, privates[0], privates[2], points[1], points[3], one) == CKR_OK);
    CHECK(exchange(session, 0, privates[1], privates[3], points[0], points[2], other) == CKR_OK);
    CHECK(memcmp(one, other, 16) == 0);
    CHECK(exchange(session, 1, privates[1], privates[3], points[0], points[2], other) == CKR_OK);
    CHECK(memcmp(one, other, 16) != 0); /* both cannot have begun */
    CHECK(exchange(session, 1, privates[0], privates[1], points[1], points[3], one) == CKR_MECHANISM_PARAM_INVALID);
    CHECK(exchange(session, 1, publics[0], privates[2], points[1], points[3], one) == CKR_KEY_TYPE_INCONSISTENT);
    points[3][40] ^= 1;
    CHECK(exchange(session, 1, privates[0], privates[2], points[1], points[3], one) == CKR_MECHANISM_PARAM_INVALID);
    /* plain Diffie-Hellman gives the same to both, in memory and in a container */
    CK_ECDH1_DERIVE_PARAMS parameters = {CKD_NULL, 0, NULL, 67, points[2]};
    CK_MECHANISM ecdh = {CKM_ECDH1_DERIVE, &parameters, sizeof parameters};
    CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
    CK_ULONG len = 32, too_long = 33;
    uint8_t x[2][32];
    CK_OBJECT_HANDLE derived;
    CK_ATTRIBUTE given[] = {VALUE(CKA_KEY_TYPE, generic), NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE),
                            VALUE(CKA_VALUE_LEN, len)};
    OK(C_DeriveKey, session, &ecdh, privates[0], given, 4, &derived);
    CHECK(attribute(session, derived, CKA_VALUE, x[0], 32) == 32);
    parameters.pPublicData = points[0];
    OK(C_DeriveKey, session, &ecdh, privates[2], given, 4, &derived);
    CHECK(attribute(session, derived, CKA_VALUE, x[1], 32) == 32 && memcmp(x[0], x[1], 32) == 0);
    FAILS(CKR_TEMPLATE_INCOMPLETE, C_DeriveKey, session, &ecdh, privates[2], given, 3, &derived);
    given[3] = (CK_ATTRIBUTE)VALUE(CKA_VALUE_LEN, too_long);
    FAILS(CKR_KEY_SIZE_RANGE, C_DeriveKey, session, &ecdh, privates[2], given, 4, &derived);
    end_token();
}

/* SM2EnvelopedKey (GB/T 35276-2017 7.4) of the private key d = 7 for a signing key. */
static size_t make_envelope(uint8_t out[512], const uint8_t signing_point[64], int wrong_public) {
    uint8_t parts[512], key[16] = "0123456789abcdef", d[32] = {0}, bits[66] = {0}, encrypted[33] = {0};
    size_t cipher_len = 0;
    gmpki_sm2_public_key signing, encryption;
    gmpki_sm2_private_key private_key;
    gmpki_sm4_key sm4;
    d[31] = 7;
    CHECK(gmpki_sm2_public_key_load(&signing, signing_point, 64) == GMPKI_OK);
    CHECK(gmpki_sm2_private_key_load(&private_key, d) == GMPKI_OK);
    CHECK(gmpki_sm2_private_key_public(&private_key, &encryption) == GMPKI_OK);
    CHECK(gmpki_sm2_public_key_store(wrong_public ? &signing : &encryption, bits + 1, 65) == GMPKI_OK);
    CHECK(gmpki_sm4_key_init(&sm4, key) == GMPKI_OK);
    CHECK(gmpki_sm4_blocks(&sm4, GMPKI_SM4_ENCRYPT, encrypted + 1, d, 2) == GMPKI_OK);
    size_t len = unhex(parts, "300a06082a811ccf55016801");
    CHECK(gmpki_sm2_encrypt(&signing, parts + len, 200, &cipher_len, key, 16, GMPKI_SM2_DER) == GMPKI_OK);
    len += cipher_len;
    len += put(parts + len, 0x03, bits, sizeof bits);
    len += put(parts + len, 0x03, encrypted, sizeof encrypted);
    out[0] = 0x30;
    out[1] = 0x82;
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    size_t header = len < 256 ? 3 : 4; /* in the fewest bytes */
    if (header == 3) {
        out[1] = 0x81;
        out[2] = (uint8_t)len;
    }
    memcpy(out + header, parts, len);
    return header + len;
}

static void test_envelope(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE signing_public, signing_private, made, encryption_public;
    CK_OBJECT_CLASS class_public = CKO_PUBLIC_KEY;
    uint8_t point[64], sealed[512], ciphertext[200], back[200];
    uint32_t application, container;
    st_container_info info;
    st_device *device = NULL;
    CK_MECHANISM mechanism = {CKM_GMPKI_SM2_ENVELOPED_KEY, NULL, 0}, encryption = {CKM_GMPKI_SM2_ENCRYPT, NULL, 0};
    CK_ATTRIBUTE given[] = {YES(CKA_TOKEN), TEXT(CKA_ID, "\x09")};
    CK_SESSION_HANDLE session = begin_token(&slot);
    sm2_pair(session, 1, &signing_public, &signing_private);
    read_point(session, signing_public, point);
    size_t len = make_envelope(sealed, point, 0);
    OK(C_UnwrapKey, session, &mechanism, signing_private, sealed, len, given, COUNT(given), &made);
    CHECK(flag_of(session, made, CKA_DECRYPT) == 1 && flag_of(session, made, CKA_SIGN) == 0);
    CHECK(st_device_open(serial, &device) == ST_OK);
    CHECK(st_application_find(device, APPLICATION, &application) == ST_OK);
    CHECK(st_container_find(device, application, "con1", &container) == ST_OK);
    CHECK(st_container_get_info(device, application, container, &info) == ST_OK);
    CHECK(info.key_kind[ST_ENCRYPTION] == ST_SM2); /* beside the signing pair, where SKF looks for it */
    CK_ATTRIBUTE wanted[] = {VALUE(CKA_CLASS, class_public), TEXT(CKA_ID, "\x09")};
    CHECK(find(session, wanted, 2, &encryption_public) == 1);
    CK_ULONG ciphertext_len = sizeof ciphertext, back_len = sizeof back;
    OK(C_EncryptInit, session, &encryption, encryption_public);
    OK(C_Encrypt, session, bytes("secret"), 6, ciphertext, &ciphertext_len);
    OK(C_DecryptInit, session, &encryption, made);
    OK(C_Decrypt, session, ciphertext, ciphertext_len, back, &back_len);
    CHECK(back_len == 6 && memcmp(back, "secret", 6) == 0);
    /* in the session, too */
    OK(C_UnwrapKey, session, &mechanism, signing_private, sealed, len, NULL, 0, &made);
    back_len = sizeof back;
    OK(C_DecryptInit, session, &encryption, made);
    OK(C_Decrypt, session, ciphertext, ciphertext_len, back, &back_len);
    /* not for this key, not of this public key, cut off */
    FAILS(CKR_WRAPPED_KEY_INVALID, C_UnwrapKey, session, &mechanism, made, sealed, len, given, 2, &made);
    len = make_envelope(sealed, point, 1);
    FAILS(CKR_WRAPPED_KEY_INVALID, C_UnwrapKey, session, &mechanism, signing_private, sealed, len, given, 2, &made);
    FAILS(CKR_WRAPPED_KEY_INVALID, C_UnwrapKey, session, &mechanism, signing_private, sealed, len, NULL, 0, &made);
    for (size_t cut = 0; cut < len; cut += 3) {
        FAILS(CKR_WRAPPED_KEY_INVALID, C_UnwrapKey, session, &mechanism, signing_private, sealed, cut, given, 2, &made);
    }
    st_device_close(device);
    end_token();
}

static void try_rsa(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public_key, CK_OBJECT_HANDLE private_key) {
    CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 20};
    CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, bytes("label"), 5};
    CK_MECHANISM signatures[] = {{CKM_RSA_PKCS, NULL, 0},
                                 {CKM_RSA_X_509, NULL, 0},
                                 {CKM_SHA1_RSA_PKCS, NULL, 0},
                                 {CKM_SHA256_RSA_PKCS, NULL, 0},
                                 {CKM_GMPKI_SM3_RSA_PKCS, NULL, 0},
                                 {CKM_RSA_PKCS_PSS, &pss, sizeof pss},
                                 {CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof pss}};
    CK_MECHANISM encryptions[] = {
        {CKM_RSA_PKCS, NULL, 0}, {CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep}, {CKM_RSA_X_509, NULL, 0}};
    CK_BYTE message[32] = {0, 1, 2}, signature[256], back[256];
    for (size_t i = 0; i < COUNT(signatures); i++) {
        CK_ULONG len = sizeof signature;
        OK(C_SignInit, session, &signatures[i], private_key);
        OK(C_Sign, session, message, 32, signature, &len);
        OK(C_VerifyInit, session, &signatures[i], public_key);
        OK(C_Verify, session, message, 32, signature, len);
        OK(C_VerifyInit, session, &signatures[i], public_key);
        FAILS(CKR_SIGNATURE_LEN_RANGE, C_Verify, session, message, 32, signature, len - 1);
        message[9] ^= 1;
        OK(C_VerifyInit, session, &signatures[i], public_key);
        FAILS(CKR_SIGNATURE_INVALID, C_Verify, session, message, 32, signature, len);
    }
    for (size_t i = 0; i < COUNT(encryptions); i++) {
        CK_ULONG len = sizeof signature, back_len = sizeof back;
        OK(C_EncryptInit, session, &encryptions[i], public_key);
        OK(C_Encrypt, session, message, 32, signature, &len);
        OK(C_DecryptInit, session, &encryptions[i], private_key);
        OK(C_Decrypt, session, signature, len, back, &back_len);
        CHECK(back_len >= 32 && memcmp(back + back_len - 32, message, 32) == 0);
    }
    CK_ULONG len = sizeof signature;
    signatures[6].mechanism = CKM_SHA512_RSA_PKCS_PSS; /* not the hash of the parameter */
    FAILS(CKR_MECHANISM_PARAM_INVALID, C_SignInit, session, &signatures[6], private_key);
    OK(C_SignInit, session, &signatures[5], private_key);
    FAILS(CKR_DATA_LEN_RANGE, C_Sign, session, message, 31, signature, &len);
    encryptions[1].ulParameterLen--;
    FAILS(CKR_MECHANISM_PARAM_INVALID, C_DecryptInit, session, &encryptions[1], private_key);
    OK(C_DecryptInit, session, &encryptions[0], private_key);
    FAILS(CKR_ENCRYPTED_DATA_LEN_RANGE, C_Decrypt, session, signature, 77, back, &len);
}

static void test_rsa(void) {
    if (!st_libcrypto_available()) {
        leave_out("no libcrypto: RSA through PKCS#11");
        return;
    }
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE public_key, private_key, imported;
    CK_OBJECT_CLASS class_public = CKO_PUBLIC_KEY;
    CK_KEY_TYPE rsa = CKK_RSA;
    CK_ULONG bits = 4096;
    uint8_t modulus[256], exponent[4];
    CK_MECHANISM generation = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_SESSION_HANDLE session = begin_token(&slot);
    rsa_pair(session, 1024, CK_TRUE, &public_key, &private_key);
    try_rsa(session, public_key, private_key);
    CHECK(attribute(session, private_key, CKA_MODULUS, modulus, sizeof modulus) == 128);
    CHECK(attribute(session, private_key, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent) == 3);
    CHECK(attribute(session, private_key, CKA_PRIME_1, modulus, sizeof modulus) == SIZE_MAX);
    /* the public key again is the same object, by its new name */
    CK_ATTRIBUTE again[] = {VALUE(CKA_CLASS, class_public), VALUE(CKA_KEY_TYPE, rsa), YES(CKA_TOKEN),
                            BYTES(CKA_MODULUS, modulus, 128), BYTES(CKA_PUBLIC_EXPONENT, exponent, 3)};
    OK(C_CreateObject, session, again, COUNT(again), &imported);
    CHECK(imported == public_key);
    rsa_pair(session, 1024, CK_FALSE, &public_key, &private_key);
    try_rsa(session, public_key, private_key);
    CHECK(attribute(session, private_key, CKA_PRIVATE_EXPONENT, modulus, sizeof modulus) == SIZE_MAX);
    CK_ATTRIBUTE too_big[] = {VALUE(CKA_MODULUS_BITS, bits)},
                 odd[] = {VALUE(CKA_MODULUS_BITS, bits), TEXT(CKA_PUBLIC_EXPONENT, "\x03")};
    FAILS(CKR_KEY_SIZE_RANGE, C_GenerateKeyPair, session, &generation, too_big, 1, NULL, 0, &public_key, &private_key);
    FAILS(CKR_TEMPLATE_INCOMPLETE, C_GenerateKeyPair, session, &generation, NULL, 0, NULL, 0, &public_key,
          &private_key);
    bits = 1024;
    FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_GenerateKeyPair, session, &generation, odd, 2, NULL, 0, &public_key,
          &private_key);
    end_token();
}

static void test_wrapping(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE public_key, private_key, unwrapped;
    CK_KEY_TYPE sm4_type = CKK_GMPKI_SM4;
    CK_BYTE iv[16] = {3}, wrapped[256], value[32];
    CK_MECHANISM by_sm4 = {CKM_GMPKI_SM4_CBC_PAD, iv, 16}, by_sm2 = {CKM_GMPKI_SM2_ENCRYPT, NULL, 0};
    CK_ATTRIBUTE given[] = {VALUE(CKA_KEY_TYPE, sm4_type), NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE)};
    CK_SESSION_HANDLE session = begin_token(&slot);
    CK_OBJECT_HANDLE key = secret_key(session, CKK_GMPKI_SM4, "0123456789abcdef", 16),
                     wrapper = secret_key(session, CKK_GMPKI_SM4, "fedcba9876543210", 16), fixed;
    CK_ULONG len = 0;
    sm2_pair(session, 1, &public_key, &private_key);
    OK(C_WrapKey, session, &by_sm4, wrapper, key, NULL, &len);
    CHECK(len == 32);
    len = 31;
    FAILS(CKR_BUFFER_TOO_SMALL, C_WrapKey, session, &by_sm4, wrapper, key, wrapped, &len);
    len = sizeof wrapped;
    OK(C_WrapKey, session, &by_sm4, wrapper, key, wrapped, &len);
    OK(C_UnwrapKey, session, &by_sm4, wrapper, wrapped, len, given, 3, &unwrapped);
    CHECK(attribute(session, unwrapped, CKA_VALUE, value, 32) == 16 && memcmp(value, "0123456789abcdef", 16) == 0);
    CHECK(flag_of(session, unwrapped, CKA_LOCAL) == 0 && flag_of(session, unwrapped, CKA_NEVER_EXTRACTABLE) == 0);
    wrapped[20] ^= 1;
    CK_RV rv = C_UnwrapKey(session, &by_sm4, wrapper, wrapped, len, given, 3, &unwrapped);
    CHECK(rv == CKR_WRAPPED_KEY_INVALID || rv == CKR_WRAPPED_KEY_LEN_RANGE);
    FAILS(CKR_WRAPPED_KEY_LEN_RANGE, C_UnwrapKey, session, &by_sm4, wrapper, wrapped, 15, given, 3, &unwrapped);
    FAILS(CKR_TEMPLATE_INCOMPLETE, C_UnwrapKey, session, &by_sm4, wrapper, wrapped, 32, NULL, 0, &unwrapped);
    len = sizeof wrapped;
    OK(C_WrapKey, session, &by_sm2, public_key, key, wrapped, &len);
    OK(C_UnwrapKey, session, &by_sm2, private_key, wrapped, len, given, 3, &unwrapped);
    CHECK(attribute(session, unwrapped, CKA_VALUE, value, 32) == 16 && memcmp(value, "0123456789abcdef", 16) == 0);
    FAILS(CKR_KEY_UNEXTRACTABLE, C_WrapKey, session, &by_sm4, wrapper, private_key, wrapped, &len);
    FAILS(CKR_KEY_NOT_WRAPPABLE, C_WrapKey, session, &by_sm4, wrapper, public_key, wrapped, &len);
    FAILS(CKR_KEY_HANDLE_INVALID, C_WrapKey, session, &by_sm4, wrapper, 4711, wrapped, &len);
    FAILS(CKR_WRAPPING_KEY_HANDLE_INVALID, C_WrapKey, session, &by_sm4, 4711, key, wrapped, &len);
    FAILS(CKR_WRAPPING_KEY_TYPE_INCONSISTENT, C_WrapKey, session, &by_sm4, public_key, key, wrapped, &len);
    FAILS(CKR_UNWRAPPING_KEY_HANDLE_INVALID, C_UnwrapKey, session, &by_sm4, 4711, wrapped, len, given, 3, &unwrapped);
    CK_MECHANISM generation = {CKM_GMPKI_SM4_KEY_GEN, NULL, 0};
    OK(C_GenerateKey, session, &generation, NULL, 0, &fixed);
    FAILS(CKR_KEY_UNEXTRACTABLE, C_WrapKey, session, &by_sm4, wrapper, fixed, wrapped, &len);
    end_token();
}

/* ---- threads ----------------------------------------------------------------------------- */

typedef struct signer {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE key;
    int signatures;
} signer;

/* A session of its own, and signatures with the key of all. It counts for itself: CHECK is for one thread. */
static void *sign_in_a_thread(void *context) {
    signer *own = context;
    CK_MECHANISM mechanism = {CKM_GMPKI_SM2, NULL, 0};
    CK_SESSION_HANDLE session;
    CK_BYTE e[32] = {1}, signature[64];
    if (C_OpenSession(own->slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK) {
        return NULL;
    }
    for (int i = 0; i < 20; i++) {
        CK_ULONG len = sizeof signature;
        own->signatures += C_SignInit(session, &mechanism, own->key) == CKR_OK &&
                           C_Sign(session, e, sizeof e, signature, &len) == CKR_OK;
    }
    own->signatures += C_CloseSession(session) == CKR_OK;
    return NULL;
}

static void test_threads(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE public_key, private_key;
    CK_SESSION_HANDLE session = begin_token(&slot);
    pthread_t threads[4];
    signer signers[4];
    sm2_pair(session, 1, &public_key, &private_key);
    for (size_t i = 0; i < COUNT(threads); i++) {
        signers[i] = (signer){slot, private_key, 0};
        CHECK(pthread_create(&threads[i], NULL, sign_in_a_thread, &signers[i]) == 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        CHECK(pthread_join(threads[i], NULL) == 0 && signers[i].signatures == 21);
    }
    end_token();
}

#endif /* GMPKI_TESTS_SOFTTOKEN_P11_KEYS_H */
