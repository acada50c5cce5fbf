/* Tests of what keys do: known answers where the standards give them, and our own core or both directions elsewhere. */
#ifndef GMPKI_TESTS_SOFTTOKEN_P11_CRYPTO_H
#define GMPKI_TESTS_SOFTTOKEN_P11_CRYPTO_H

#include "gmpki/sm4.h"
#include "softtoken_p11_objects.h"

static CK_BYTE *bytes(const char *text) {
    return (CK_BYTE *)(size_t)text;
}

/* A secret key with this value, in the session. */
static CK_OBJECT_HANDLE secret_key(CK_SESSION_HANDLE session, CK_KEY_TYPE type, const void *value, size_t len) {
    CK_OBJECT_CLASS class_secret = CKO_SECRET_KEY;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_ATTRIBUTE given[] = {VALUE(CKA_CLASS, class_secret), VALUE(CKA_KEY_TYPE, type), BYTES(CKA_VALUE, value, len),
                            YES(CKA_EXTRACTABLE), NO(CKA_SENSITIVE)};
    OK(C_CreateObject, session, given, COUNT(given), &key);
    return key;
}

/* GB/T 32905-2016 A.1: SM3("abc"); FIPS 180-4: SHA-256("abc"). */
static void test_digests(void) {
    CK_SLOT_ID slot;
    CK_BYTE digest[64];
    CK_ULONG len = 0;
    CK_MECHANISM sm3 = {CKM_GMPKI_SM3, NULL, 0}, sha256 = {CKM_SHA256, NULL, 0},
                 with_parameter = {CKM_GMPKI_SM3, digest, 4};
    CK_SESSION_HANDLE session = begin_token(&slot);
    FAILS(CKR_MECHANISM_PARAM_INVALID, C_DigestInit, session, &with_parameter);
    FAILS(CKR_OPERATION_NOT_INITIALIZED, C_Digest, session, bytes("abc"), 3, digest, &len);
    OK(C_DigestInit, session, &sm3);
    FAILS(CKR_OPERATION_ACTIVE, C_DigestInit, session, &sm3);
    OK(C_Digest, session, bytes("abc"), 3, NULL, &len);
    CHECK(len == 32);
    len = 31;
    FAILS(CKR_BUFFER_TOO_SMALL, C_Digest, session, bytes("abc"), 3, digest, &len);
    CHECK(len == 32);
    OK(C_Digest, session, bytes("abc"), 3, digest, &len);
    CHECK(equals_hex(digest, len, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    OK(C_DigestInit, session, &sm3);
    OK(C_DigestUpdate, session, bytes("a"), 1);
    FAILS(CKR_OPERATION_ACTIVE, C_Digest, session, bytes("b"), 1, digest, &len);
    CK_OBJECT_HANDLE key = secret_key(session, CKK_GENERIC_SECRET, "b", 1);
    OK(C_DigestKey, session, key);
    OK(C_DigestUpdate, session, bytes("c"), 1);
    OK(C_DigestFinal, session, NULL, &len);
    len = sizeof digest;
    OK(C_DigestFinal, session, digest, &len);
    CHECK(equals_hex(digest, len, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    FAILS(CKR_OPERATION_NOT_INITIALIZED, C_DigestFinal, session, digest, &len);
    if (st_libcrypto_available()) {
        OK(C_DigestInit, session, &sha256);
        OK(C_Digest, session, bytes("abc"), 3, digest, &len);
        CHECK(equals_hex(digest, len, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }
    end_token();
}

/* RFC 4231 test case 2, and the same with SM3, whose value is OpenSSL's. */
static void test_hmac(CK_MECHANISM_TYPE type, const char *expected) {
    CK_SLOT_ID slot;
    CK_BYTE mac[64];
    CK_ULONG len = sizeof mac;
    CK_MECHANISM hmac = {type, NULL, 0};
    CK_SESSION_HANDLE session = begin_token(&slot);
    CK_OBJECT_HANDLE key = secret_key(session, CKK_GENERIC_SECRET, "Jefe", 4);
    static const char *text = "what do ya want for nothing?";
    OK(C_SignInit, session, &hmac, key);
    OK(C_Sign, session, bytes(text), strlen(text), mac, &len);
    CHECK(equals_hex(mac, len, expected));
    OK(C_VerifyInit, session, &hmac, key);
    OK(C_VerifyUpdate, session, bytes(text), 5);
    OK(C_VerifyUpdate, session, bytes(text) + 5, strlen(text) - 5);
    OK(C_VerifyFinal, session, mac, len);
    OK(C_VerifyInit, session, &hmac, key);
    FAILS(CKR_SIGNATURE_LEN_RANGE, C_Verify, session, bytes(text), strlen(text), mac, 31);
    mac[0] ^= 1;
    OK(C_VerifyInit, session, &hmac, key);
    FAILS(CKR_SIGNATURE_INVALID, C_Verify, session, bytes(text), strlen(text), mac, 32);
    end_token();
}

/* An HMAC cut short. */
static void test_cut_hmac(void) {
    CK_SLOT_ID slot;
    CK_BYTE mac[64];
    CK_ULONG len = sizeof mac, wanted = 8, wrong = 33;
    CK_MECHANISM cut = {CKM_SHA256_HMAC_GENERAL, &wanted, sizeof wanted},
                 too_long = {CKM_SHA256_HMAC_GENERAL, &wrong, sizeof wrong};
    CK_SESSION_HANDLE session = begin_token(&slot);
    CK_OBJECT_HANDLE key = secret_key(session, CKK_GENERIC_SECRET, "Jefe", 4);
    static const char *text = "what do ya want for nothing?";
    OK(C_SignInit, session, &cut, key);
    OK(C_Sign, session, bytes(text), strlen(text), mac, &len);
    CHECK(equals_hex(mac, len, "5bdcc146bf60754e"));
    OK(C_VerifyInit, session, &cut, key);
    OK(C_Verify, session, bytes(text), strlen(text), mac, wanted);
    FAILS(CKR_MECHANISM_PARAM_INVALID, C_SignInit, session, &too_long, key);
    end_token();
}

/* The MAC of SM4 against the core's CBC-MAC. */
static void test_sm4_mac(void) {
    CK_SLOT_ID slot;
    CK_BYTE mac[64], expected[16], message[48] = {1, 2, 3};
    CK_ULONG len = sizeof mac;
    CK_MECHANISM hmac = {CKM_GMPKI_SM3_HMAC, NULL, 0}, sm4 = {CKM_GMPKI_SM4_MAC, NULL, 0};
    CK_SESSION_HANDLE session = begin_token(&slot);
    CK_OBJECT_HANDLE sm4_key = secret_key(session, CKK_GMPKI_SM4, "0123456789abcdef", 16);
    FAILS(CKR_KEY_TYPE_INCONSISTENT, C_SignInit, session, &hmac, sm4_key);
    CHECK(gmpki_sm4_cbc_mac(expected, 16, bytes("0123456789abcdef"), message, sizeof message) == GMPKI_OK);
    len = sizeof mac;
    OK(C_SignInit, session, &sm4, sm4_key);
    OK(C_Sign, session, message, sizeof message, mac, &len);
    CHECK(len == 16 && memcmp(mac, expected, 16) == 0);
    OK(C_SignInit, session, &sm4, sm4_key);
    FAILS(CKR_DATA_LEN_RANGE, C_Sign, session, message, 17, mac, &len);
    end_token();
}

static void test_macs(void) {
    test_sm4_mac();
    test_hmac(CKM_GMPKI_SM3_HMAC, "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882");
    if (st_libcrypto_available()) {
        test_hmac(CKM_SHA256_HMAC, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        test_cut_hmac();
    }
}

/* One message through a cipher, whole and in parts of each length, and back. */
static void try_cipher(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, size_t message_len) {
    CK_BYTE message[64], whole[96], parts[96], back[96];
    CK_ULONG whole_len = sizeof whole, len;
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (CK_BYTE)(7 * i);
    }
    OK(C_EncryptInit, session, mechanism, key);
    OK(C_Encrypt, session, message, message_len, NULL, &len);
    CHECK(len >= message_len && len <= message_len + 16);
    OK(C_Encrypt, session, message, message_len, whole, &whole_len);
    for (size_t step = 1; step <= message_len; step += 5) {
        size_t total = 0;
        OK(C_EncryptInit, session, mechanism, key);
        for (size_t i = 0; i < message_len; i += step) {
            len = sizeof parts - total;
            OK(C_EncryptUpdate, session, message + i, message_len - i < step ? message_len - i : step, parts + total,
               &len);
            total += len;
        }
        len = sizeof parts - total;
        OK(C_EncryptFinal, session, parts + total, &len);
        CHECK(total + len == whole_len && memcmp(parts, whole, whole_len) == 0);
        total = 0;
        OK(C_DecryptInit, session, mechanism, key);
        for (size_t i = 0; i < whole_len; i += step) {
            len = sizeof back - total;
            OK(C_DecryptUpdate, session, whole + i, whole_len - i < step ? whole_len - i : step, back + total, &len);
            total += len;
        }
        len = sizeof back - total;
        OK(C_DecryptFinal, session, back + total, &len);
        CHECK(total + len == message_len && memcmp(back, message, message_len) == 0);
    }
    len = sizeof back;
    OK(C_DecryptInit, session, mechanism, key);
    OK(C_Decrypt, session, whole, whole_len, back, &len);
    CHECK(len == message_len && memcmp(back, message, message_len) == 0);
}

/* Wrong parameters, keys and lengths, for a cipher with padding and a key that is not for SM4. */
static void refuse_ciphers(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE cbc, CK_MECHANISM_TYPE cbc_pad,
                           CK_OBJECT_HANDLE key, CK_MECHANISM *of_another) {
    CK_BYTE iv[16] = {9}, data[32] = {1}, out[32];
    CK_ULONG len = sizeof out;
    CK_MECHANISM short_iv = {cbc, iv, 15}, no_iv = {cbc, NULL, 16}, plain = {cbc, iv, 16}, pad = {cbc_pad, iv, 16};
    FAILS(CKR_MECHANISM_PARAM_INVALID, C_EncryptInit, session, &short_iv, key);
    FAILS(CKR_MECHANISM_PARAM_INVALID, C_EncryptInit, session, &no_iv, key);
    FAILS(CKR_KEY_TYPE_INCONSISTENT, C_EncryptInit, session, of_another, key);
    OK(C_EncryptInit, session, &plain, key);
    FAILS(CKR_DATA_LEN_RANGE, C_Encrypt, session, data, 15, out, &len);
    FAILS(CKR_OPERATION_NOT_INITIALIZED, C_Encrypt, session, data, 15, out, &len); /* the error ended it */
    OK(C_DecryptInit, session, &pad, key);
    len = sizeof out;
    FAILS(CKR_ENCRYPTED_DATA_LEN_RANGE, C_Decrypt, session, data, 15, out, &len);
    OK(C_DecryptInit, session, &pad, key);
    len = sizeof out;
    FAILS(CKR_ENCRYPTED_DATA_INVALID, C_Decrypt, session, data, 32, out, &len);
}

/* GB/T 32907-2016 A.1; then every mode both ways. */
static void test_sm4(void) {
    CK_SLOT_ID slot;
    CK_BYTE key[16], iv[16] = {9}, out[16];
    CK_ULONG len = sizeof out;
    CK_MECHANISM ecb = {CKM_GMPKI_SM4_ECB, NULL, 0}, of_another = {CKM_GMPKI_SM2_ENCRYPT, NULL, 0};
    static const CK_MECHANISM_TYPE with_iv[] = {CKM_GMPKI_SM4_CBC_PAD, CKM_GMPKI_SM4_CFB128, CKM_GMPKI_SM4_OFB};
    CK_SESSION_HANDLE session = begin_token(&slot);
    (void)unhex(key, "0123456789abcdeffedcba9876543210");
    CK_OBJECT_HANDLE sm4 = secret_key(session, CKK_GMPKI_SM4, key, 16);
    OK(C_EncryptInit, session, &ecb, sm4);
    OK(C_Encrypt, session, key, 16, out, &len);
    CHECK(equals_hex(out, len, "681edf34d206965e86b3e94f536e4246"));
    for (size_t i = 0; i < COUNT(with_iv); i++) {
        CK_MECHANISM mechanism = {with_iv[i], iv, 16};
        try_cipher(session, &mechanism, sm4, 37);
    }
    refuse_ciphers(session, CKM_GMPKI_SM4_CBC, CKM_GMPKI_SM4_CBC_PAD, sm4, &of_another);
    end_token();
}

/* FIPS 197 appendix B; then every mode of AES both ways, and 3DES. */
static void test_other_ciphers(void) {
    CK_SLOT_ID slot;
    CK_BYTE key[33] = {0}, iv[16] = {9}, block[16], out[33];
    CK_ULONG len = sizeof out;
    CK_AES_CTR_PARAMS counter = {2, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0xFE}};
    CK_MECHANISM sm4_ecb = {CKM_GMPKI_SM4_ECB, NULL, 0}, aes_ecb = {CKM_AES_ECB, NULL, 0};
    static const CK_MECHANISM_TYPE with_iv[] = {CKM_AES_CBC_PAD, CKM_AES_CFB128, CKM_AES_CFB8, CKM_AES_OFB};
    CK_SESSION_HANDLE session = begin_token(&slot);
    (void)unhex(key, "2b7e151628aed2a6abf7158809cf4f3c");
    (void)unhex(block, "3243f6a8885a308d313198a2e0370734");
    CK_OBJECT_HANDLE aes = secret_key(session, CKK_AES, key, 16), des = secret_key(session, CKK_DES3, key, 24);
    OK(C_EncryptInit, session, &aes_ecb, aes);
    OK(C_Encrypt, session, block, 16, out, &len);
    CHECK(equals_hex(out, len, "3925841d02dc09fbdc118597196a0b32"));
    for (size_t i = 0; i < COUNT(with_iv); i++) {
        CK_MECHANISM mechanism = {with_iv[i], iv, 16};
        try_cipher(session, &mechanism, aes, 37);
    }
    CK_MECHANISM des_pad = {CKM_DES3_CBC_PAD, iv, 8}, ctr = {CKM_AES_CTR, &counter, sizeof counter};
    try_cipher(session, &des_pad, des, 21);
    try_cipher(session, &ctr, aes, 32); /* two blocks are left before the counter's two bits begin anew */
    OK(C_EncryptInit, session, &ctr, aes);
    len = sizeof out;
    FAILS(CKR_DATA_LEN_RANGE, C_Encrypt, session, key, 32 + 1, out, &len);
    refuse_ciphers(session, CKM_AES_CBC, CKM_AES_CBC_PAD, aes, &sm4_ecb);
    end_token();
}

static void test_ciphers(void) {
    test_sm4();
    if (st_libcrypto_available()) {
        test_other_ciphers();
    } else {
        leave_out("no libcrypto: SHA-2, its HMAC, AES and 3DES through PKCS#11");
    }
}

static void test_sm2_signatures(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE e[32] = {1}, signature[80], point[64];
    CK_ULONG len = sizeof signature;
    gmpki_sm2_public_key key;
    CK_MECHANISM raw = {CKM_GMPKI_SM2, NULL, 0}, der = {CKM_GMPKI_SM2_DER, NULL, 0},
                 hashed = {CKM_GMPKI_SM2_SM3, NULL, 0}, hashed_der = {CKM_GMPKI_SM2_SM3_DER, bytes("me"), 2};
    CK_SESSION_HANDLE session = begin_token(&slot);
    for (int on_token = 0; on_token <= 1; on_token++) {
        sm2_pair(session, on_token, &public_key, &private_key);
        read_point(session, public_key, point);
        CHECK(gmpki_sm2_public_key_load(&key, point, 64) == GMPKI_OK);
        OK(C_SignInit, session, &raw, private_key);
        OK(C_Sign, session, e, 32, NULL, &len);
        CHECK(len == 64);
        OK(C_Sign, session, e, 32, signature, &len);
        CHECK(len == 64 && gmpki_sm2_verify_digest(&key, signature, e) == GMPKI_OK);
        OK(C_VerifyInit, session, &raw, public_key);
        OK(C_Verify, session, e, 32, signature, 64);
        OK(C_VerifyInit, session, &raw, public_key);
        FAILS(CKR_SIGNATURE_LEN_RANGE, C_Verify, session, e, 32, signature, 63);
        signature[0] ^= 1;
        OK(C_VerifyInit, session, &raw, public_key);
        FAILS(CKR_SIGNATURE_INVALID, C_Verify, session, e, 32, signature, 64);
        OK(C_SignInit, session, &raw, private_key);
        FAILS(CKR_DATA_LEN_RANGE, C_Sign, session, e, 31, signature, &len);
        OK(C_SignInit, session, &raw, private_key);
        FAILS(CKR_FUNCTION_NOT_SUPPORTED, C_SignUpdate, session, e, 31);
        OK(C_SignInit, session, &hashed, private_key);
        OK(C_SignUpdate, session, bytes("mess"), 4);
        OK(C_SignUpdate, session, bytes("age"), 3);
        len = sizeof signature;
        OK(C_SignFinal, session, signature, &len);
        CHECK(gmpki_sm2_verify(&key, signature, bytes("1234567812345678"), 16, bytes("message"), 7) == GMPKI_OK);
        len = sizeof signature;
        OK(C_SignInit, session, &hashed_der, private_key);
        OK(C_Sign, session, bytes("message"), 7, signature, &len);
        CHECK(signature[0] == 0x30);
        OK(C_VerifyInit, session, &hashed_der, public_key);
        OK(C_Verify, session, bytes("message"), 7, signature, len);
        hashed_der.ulParameterLen = 0; /* the empty identity is another one */
        OK(C_VerifyInit, session, &hashed_der, public_key);
        FAILS(CKR_SIGNATURE_INVALID, C_Verify, session, bytes("message"), 7, signature, len);
        hashed_der.ulParameterLen = 2;
        OK(C_VerifyInit, session, &der, public_key);
        FAILS(CKR_SIGNATURE_INVALID, C_Verify, session, e, 32, signature, len);
        FAILS(CKR_KEY_TYPE_INCONSISTENT, C_SignInit, session, &raw, public_key);
    }
    CK_ATTRIBUTE no_more[] = {NO(CKA_SIGN)};
    OK(C_SetAttributeValue, session, private_key, no_more, 1);
    FAILS(CKR_KEY_FUNCTION_NOT_PERMITTED, C_SignInit, session, &raw, private_key);
    end_token();
}

static void test_sm2_encryption(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE public_key, private_key;
    static const CK_MECHANISM_TYPE types[] = {CKM_GMPKI_SM2_ENCRYPT, CKM_GMPKI_SM2_ENCRYPT_DER};
    CK_BYTE message[40] = {5}, ciphertext[256], back[256];
    CK_SESSION_HANDLE session = begin_token(&slot);
    for (size_t i = 0; i < 2 * COUNT(types); i++) {
        CK_MECHANISM mechanism = {types[i % 2], NULL, 0};
        CK_ULONG len = sizeof ciphertext, back_len = 3;
        sm2_pair(session, i < 2, &public_key, &private_key);
        OK(C_EncryptInit, session, &mechanism, public_key);
        OK(C_Encrypt, session, message, sizeof message, ciphertext, &len);
        CHECK(ciphertext[0] == (i % 2 == 0 ? 0x04 : 0x30));
        OK(C_DecryptInit, session, &mechanism, private_key);
        FAILS(CKR_BUFFER_TOO_SMALL, C_Decrypt, session, ciphertext, len, back, &back_len);
        CHECK(back_len == sizeof message);
        OK(C_Decrypt, session, ciphertext, len, back, &back_len);
        CHECK(back_len == sizeof message && memcmp(back, message, back_len) == 0);
        ciphertext[len - 1] ^= 1;
        OK(C_DecryptInit, session, &mechanism, private_key);
        back_len = sizeof back;
        FAILS(CKR_ENCRYPTED_DATA_INVALID, C_Decrypt, session, ciphertext, len, back, &back_len);
        for (CK_ULONG cut = 1; cut < len; cut += 7) {
            OK(C_DecryptInit, session, &mechanism, private_key);
            back_len = sizeof back;
            FAILS(CKR_ENCRYPTED_DATA_INVALID, C_Decrypt, session, ciphertext, cut, back, &back_len);
        }
        OK(C_EncryptInit, session, &mechanism, public_key);
        FAILS(CKR_DATA_LEN_RANGE, C_Encrypt, session, message, 0, ciphertext, &len);
    }
    end_token();
}

#endif /* GMPKI_TESTS_SOFTTOKEN_P11_CRYPTO_H */
