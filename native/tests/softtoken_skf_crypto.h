/* SM2, session keys, digests, MACs, agreements. */
#ifndef GMPKI_TESTS_SOFTTOKEN_SKF_CRYPTO_H
#define GMPKI_TESTS_SOFTTOKEN_SKF_CRYPTO_H

#include "softtoken_skf_support.h"

static const uint8_t sm4_key[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                    0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};

/* ---- SM2 -------------------------------------------------------------------------------- */

static void test_sm2_signatures(void) {
    device made = make_device("");
    ECCPUBLICKEYBLOB public_key, exported, outside;
    ECCPRIVATEKEYBLOB private_key;
    ECCSIGNATUREBLOB signature;
    BYTE digest[32] = {1, 2, 3};
    ULONG len = 0;
    ULONG type = 0;
    FAILS(SAR_KEYNOTFOUNTERR, SKF_ECCSignData, made.container, digest, 32, &signature);
    FAILS(SAR_KEYNOTFOUNTERR, SKF_ExportPublicKey, made.container, TRUE, NULL, &len);
    FAILS(SAR_NOTSUPPORTYETERR, SKF_GenECCKeyPair, made.container, SGD_SM2_3, &public_key);
    OK(SKF_GenECCKeyPair, made.container, SGD_SM2_1_DRAFT, &public_key);
    OK(SKF_GenECCKeyPair, made.container, SGD_SM2_1, &public_key);
    CHECK(public_key.BitLen == 256 && public_key.XCoordinate[0] == 0 && public_key.XCoordinate[31] == 0);
    OK(SKF_GetContainerType, made.container, &type);
    CHECK(type == SKF_CONTAINER_ECC);
    OK(SKF_ExportPublicKey, made.container, TRUE, NULL, &len);
    CHECK(len == sizeof exported);
    OK(SKF_ExportPublicKey, made.container, TRUE, (BYTE *)&exported, &len);
    CHECK(memcmp(&exported, &public_key, sizeof exported) == 0);
    FAILS(SAR_KEYNOTFOUNTERR, SKF_ExportPublicKey, made.container, FALSE, NULL, &len);

    FAILS(SAR_INDATALENERR, SKF_ECCSignData, made.container, digest, 31, &signature);
    OK(SKF_ECCSignData, made.container, digest, 32, &signature);
    OK(SKF_ECCVerify, made.handle, &public_key, digest, 32, &signature);
    OK(SKF_ExtECCVerify, made.handle, &public_key, digest, 32, &signature);
    digest[0] ^= 1;
    FAILS(SAR_HASHNOTEQUALERR, SKF_ECCVerify, made.handle, &public_key, digest, 32, &signature);
    signature.r[0] = 1; /* more than 32 bytes */
    FAILS(SAR_INDATAERR, SKF_ECCVerify, made.handle, &public_key, digest, 32, &signature);
    outside_pair(&private_key, &outside);
    OK(SKF_ExtECCSign, made.handle, &private_key, digest, 32, &signature);
    OK(SKF_ECCVerify, made.handle, &outside, digest, 32, &signature);
    FAILS(SAR_HASHNOTEQUALERR, SKF_ECCVerify, made.handle, &public_key, digest, 32, &signature);
    outside.YCoordinate[63] ^= 1; /* off the curve */
    FAILS(SAR_INDATAERR, SKF_ECCVerify, made.handle, &outside, digest, 32, &signature);
    outside.BitLen = 257;
    FAILS(SAR_INDATAERR, SKF_ECCVerify, made.handle, &outside, digest, 32, &signature);
    OK(SKF_ClearSecureState, made.application);
    FAILS(SAR_USER_NOT_LOGGED_IN, SKF_ECCSignData, made.container, digest, 32, &signature);
    OK(SKF_DisConnectDev, made.handle);
}

/* A key pair in its envelope (6.4.10): k to the signing key, the private key under k. whole: all 64 bytes of the field
 * are encrypted; otherwise only the 32 of the key are written, where they stand. */
static void seal_pair(const device *made, const ECCPRIVATEKEYBLOB *private_key, const ECCPUBLICKEYBLOB *public_key,
                      int whole, ENVELOPEDKEYBLOB *sealed, size_t room) {
    ECCPUBLICKEYBLOB recipient;
    ULONG len = sizeof recipient;
    gmpki_sm4_key key;
    memset(sealed, 0, room);
    sealed->Version = SKF_ENVELOPED_KEY_VERSION;
    sealed->ulSymmAlgID = SGD_SM4_ECB;
    sealed->ulBits = 256;
    sealed->PubKey = *public_key;
    sealed->ECCCipherBlob.CipherLen = 16;
    OK(SKF_ExportPublicKey, made->container, TRUE, (BYTE *)&recipient, &len);
    OK(SKF_ExtECCEncrypt, made->handle, &recipient, (BYTE *)sm4_key, 16, &sealed->ECCCipherBlob);
    int half = whole ? 0 : 32;
    CHECK(gmpki_sm4_key_init(&key, sm4_key) == GMPKI_OK &&
          gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, sealed->cbEncryptedPriKey + half, private_key->PrivateKey + half,
                           (size_t)(64 - half) / 16) == GMPKI_OK);
}

typedef union envelope_room {
    ENVELOPEDKEYBLOB blob;
    BYTE bytes[sizeof(ENVELOPEDKEYBLOB) + 32];
} envelope_room;

static void test_encryption_pair(void) {
    device made = make_device("");
    ECCPRIVATEKEYBLOB private_key;
    ECCPUBLICKEYBLOB outside, exported;
    envelope_room sealed;
    cipher_room cipher;
    BYTE plaintext[64];
    ULONG len = sizeof exported;
    outside_pair(&private_key, &outside);
    memset(&sealed, 0, sizeof sealed);
    sealed.blob.Version = 1;
    FAILS(SAR_INDATAERR, SKF_ImportECCKeyPair, made.container, &sealed.blob);
    OK(SKF_GenECCKeyPair, made.container, SGD_SM2_1, &exported);
    for (int whole = 0; whole < 2; whole++) {
        outside_pair(&private_key, &outside);
        seal_pair(&made, &private_key, &outside, whole, &sealed.blob, sizeof sealed);
        OK(SKF_ImportECCKeyPair, made.container, &sealed.blob);
        len = sizeof exported;
        OK(SKF_ExportPublicKey, made.container, FALSE, (BYTE *)&exported, &len);
        CHECK(memcmp(&exported, &outside, sizeof outside) == 0);
    }
    empty_cipher(&cipher);
    OK(SKF_ExtECCEncrypt, made.handle, &outside, (BYTE *)"encryption standard", 19, &cipher.blob);
    CHECK(cipher.blob.CipherLen == 19);
    OK(SKF_ECCDecrypt, made.container, &cipher.blob, NULL, &len);
    CHECK(len == 19);
    len = 18;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_ECCDecrypt, made.container, &cipher.blob, plaintext, &len);
    CHECK(len == 19);
    OK(SKF_ECCDecrypt, made.container, &cipher.blob, plaintext, &len);
    CHECK(len == 19 && memcmp(plaintext, "encryption standard", 19) == 0);
    memset(plaintext, 0, sizeof plaintext);
    len = 18;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_ExtECCDecrypt, made.handle, &private_key, &cipher.blob, plaintext, &len);
    OK(SKF_ExtECCDecrypt, made.handle, &private_key, &cipher.blob, plaintext, &len);
    CHECK(len == 19 && memcmp(plaintext, "encryption standard", 19) == 0);
    cipher.blob.HASH[0] ^= 1;
    len = sizeof plaintext;
    FAILS(SAR_INDATAERR, SKF_ECCDecrypt, made.container, &cipher.blob, plaintext, &len);
    FAILS(SAR_INDATAERR, SKF_ExtECCDecrypt, made.handle, &private_key, &cipher.blob, plaintext, &len);
    cipher.blob.CipherLen = 0xFFFFFFFF;
    FAILS(SAR_INDATALENERR, SKF_ECCDecrypt, made.container, &cipher.blob, plaintext, &len);
    cipher.blob.CipherLen = 18; /* a capacity, and too small */
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_ExtECCEncrypt, made.handle, &outside, plaintext, 19, &cipher.blob);
    CHECK(cipher.blob.CipherLen == 19);
    cipher.blob.CipherLen = 0; /* a caller who knows of no capacity */
    OK(SKF_ExtECCEncrypt, made.handle, &outside, plaintext, 19, &cipher.blob);

    seal_pair(&made, &private_key, &outside, 1, &sealed.blob, sizeof sealed);
    sealed.blob.PubKey.XCoordinate[63] ^= 1;
    FAILS(SAR_INDATAERR, SKF_ImportECCKeyPair, made.container, &sealed.blob);
    seal_pair(&made, &private_key, &outside, 1, &sealed.blob, sizeof sealed);
    sealed.blob.Version = 2;
    FAILS(SAR_INDATAERR, SKF_ImportECCKeyPair, made.container, &sealed.blob);
    sealed.blob.Version = 1;
    sealed.blob.ulSymmAlgID = SGD_SM4_CBC;
    FAILS(SAR_INVALIDPARAMERR, SKF_ImportECCKeyPair, made.container, &sealed.blob);
    sealed.blob.ulSymmAlgID = SGD_SM1_ECB;
    FAILS(SAR_NOTSUPPORTYETERR, SKF_ImportECCKeyPair, made.container, &sealed.blob);
    sealed.blob.ulSymmAlgID = SGD_SM4_ECB;
    sealed.blob.ECCCipherBlob.CipherLen = 17;
    FAILS(SAR_INDATALENERR, SKF_ImportECCKeyPair, made.container, &sealed.blob);
    sealed.blob.ECCCipherBlob.CipherLen = 16;
    sealed.blob.cbEncryptedPriKey[63] ^= 1;
    FAILS(SAR_INDATAERR, SKF_ImportECCKeyPair, made.container, &sealed.blob);
    OK(SKF_DisConnectDev, made.handle);
}

/* ---- session keys ----------------------------------------------------------------------- */

static void test_ciphers(void) {
    device made = make_device("");
    HANDLE key = NULL;
    BLOCKCIPHERPARAM param = {.IVLen = 0};
    BYTE data[64];
    BYTE back[64];
    ULONG len = sizeof data;
    FAILS(SAR_NOTSUPPORTYETERR, SKF_SetSymmKey, made.handle, (BYTE *)sm4_key, SGD_SM1_ECB, &key);
    FAILS(SAR_NOTSUPPORTYETERR, SKF_SetSymmKey, made.handle, (BYTE *)sm4_key, SGD_SSF33_CBC, &key);
    OK(SKF_SetSymmKey, made.handle, (BYTE *)sm4_key, SGD_SM4_ECB, &key);
    FAILS(SAR_NOTINITIALIZEERR, SKF_Encrypt, key, (BYTE *)sm4_key, 16, data, &len);
    OK(SKF_EncryptInit, key, param);
    OK(SKF_Encrypt, key, (BYTE *)sm4_key, 16, NULL, &len);
    CHECK(len == 16);
    len = 15;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_Encrypt, key, (BYTE *)sm4_key, 16, data, &len);
    CHECK(len == 16);
    OK(SKF_Encrypt, key, (BYTE *)sm4_key, 16, data, &len);
    /* GB/T 32907-2016 annex A.1 */
    CHECK(len == 16 && equals_hex(data, 16, "681edf34d206965e86b3e94f536e4246"));
    FAILS(SAR_NOTINITIALIZEERR, SKF_EncryptFinal, key, data, &len);
    OK(SKF_EncryptInit, key, param);
    len = sizeof data;
    FAILS(SAR_INDATALENERR, SKF_Encrypt, key, (BYTE *)sm4_key, 15, data, &len);
    param.IVLen = 16;
    FAILS(SAR_INVALIDPARAMERR, SKF_EncryptInit, key, param); /* ECB has none */
    param.IVLen = 0xFFFFFFFF;
    FAILS(SAR_INVALIDPARAMERR, SKF_EncryptInit, key, param);
    OK(SKF_CloseHandle, key);

    OK(SKF_SetSymmKey, made.handle, (BYTE *)sm4_key, SGD_SM4_CBC, &key);
    param.IVLen = 16;
    param.PaddingType = SKF_PADDING_PKCS5;
    OK(SKF_EncryptInit, key, param);
    OK(SKF_DecryptInit, key, param);
    ULONG total = 0;
    for (int i = 0; i < 3; i++) {
        len = sizeof data - total;
        OK(SKF_EncryptUpdate, key, (BYTE *)"eleven byte", 11, data + total, &len);
        total += len;
    }
    len = sizeof data - total;
    OK(SKF_EncryptFinal, key, data + total, &len);
    total += len;
    CHECK(total == 48);
    len = sizeof back;
    OK(SKF_DecryptUpdate, key, data, total, back, &len);
    ULONG first = len;
    len = sizeof back - first;
    OK(SKF_DecryptFinal, key, back + first, &len);
    CHECK(first + len == 33 && memcmp(back, "eleven byteeleven byteeleven byte", 33) == 0);
    OK(SKF_DecryptInit, key, param);
    len = 33; /* exactly the plaintext */
    OK(SKF_Decrypt, key, data, total, back, &len);
    CHECK(len == 33);
    data[total - 17] ^= 1; /* the last byte of the padding */
    OK(SKF_DecryptInit, key, param);
    len = sizeof back;
    FAILS(SAR_DECRYPTPADERR, SKF_Decrypt, key, data, total, back, &len);
    OK(SKF_CloseHandle, key);
    OK(SKF_DisConnectDev, made.handle);
}

static void test_session_keys(void) {
    device made = make_device("max_session_keys=2\n");
    ECCPRIVATEKEYBLOB private_key;
    ECCPUBLICKEYBLOB outside, own;
    envelope_room sealed;
    cipher_room cipher;
    HANDLE keys[3] = {NULL, NULL, NULL};
    BLOCKCIPHERPARAM param = {.IVLen = 16, .FeedBitLen = 128};
    BYTE data[32], back[32];
    ULONG len = sizeof data;
    OK(SKF_GenECCKeyPair, made.container, SGD_SM2_1, &own);
    empty_cipher(&cipher);
    FAILS(SAR_KEYNOTFOUNTERR, SKF_ImportSessionKey, made.container, SGD_SM4_CFB, (BYTE *)&cipher, 180, &keys[0]);
    outside_pair(&private_key, &outside);
    seal_pair(&made, &private_key, &outside, 1, &sealed.blob, sizeof sealed);
    OK(SKF_ImportECCKeyPair, made.container, &sealed.blob);
    OK(SKF_ECCExportSessionKey, made.container, SGD_SM4_CFB, &outside, &cipher.blob, &keys[0]);
    CHECK(cipher.blob.CipherLen == 16);
    FAILS(SAR_INDATALENERR, SKF_ImportSessionKey, made.container, SGD_SM4_CFB, (BYTE *)&cipher, 179, &keys[1]);
    OK(SKF_ImportSessionKey, made.container, SGD_SM4_CFB, (BYTE *)&cipher, 180, &keys[1]);
    FAILS(SAR_NO_ROOM, SKF_SetSymmKey, made.handle, (BYTE *)sm4_key, SGD_SM4_ECB, &keys[2]);
    OK(SKF_EncryptInit, keys[0], param);
    OK(SKF_Encrypt, keys[0], (BYTE *)"any number of bytes", 19, data, &len);
    CHECK(len == 19);
    OK(SKF_DecryptInit, keys[1], param);
    len = sizeof back;
    OK(SKF_Decrypt, keys[1], data, 19, back, &len);
    CHECK(len == 19 && memcmp(back, "any number of bytes", 19) == 0);
    OK(SKF_CloseHandle, keys[0]);
    OK(SKF_SetSymmKey, made.handle, (BYTE *)sm4_key, SGD_SM4_ECB, &keys[0]); /* there is room again */
    OK(SKF_DisConnectDev, made.handle);
    FAILS(SAR_INVALIDHANDLEERR, SKF_CloseHandle, keys[0]); /* gone with the connection */
}

static void test_digests_and_macs(void) {
    device made = make_device("");
    ECCPRIVATEKEYBLOB private_key;
    ECCPUBLICKEYBLOB outside;
    HANDLE hash = NULL, key = NULL, mac = NULL;
    BLOCKCIPHERPARAM param = {.IVLen = 16};
    BYTE digest[64], encrypted[32];
    ULONG len = 0;
    uint8_t point[64], expected[32];
    gmpki_sm2_public_key public_key;
    gmpki_sm3_ctx context;
    OK(SKF_DigestInit, made.handle, SGD_SM3, NULL, NULL, 0, &hash);
    OK(SKF_Digest, hash, (BYTE *)"abc", 3, NULL, &len);
    CHECK(len == 32);
    len = 31;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_Digest, hash, (BYTE *)"abc", 3, digest, &len);
    OK(SKF_Digest, hash, (BYTE *)"abc", 3, digest, &len);
    /* GB/T 32905-2016 annex A.1 */
    CHECK(equals_hex(digest, 32, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    FAILS(SAR_NOTINITIALIZEERR, SKF_DigestUpdate, hash, digest, 1);
    OK(SKF_CloseHandle, hash);

    outside_pair(&private_key, &outside);
    FAILS(SAR_INVALIDPARAMERR, SKF_DigestInit, made.handle, SGD_SM3, NULL, (BYTE *)"1234567812345678", 16, &hash);
    OK(SKF_DigestInit, made.handle, SGD_SM3, &outside, (BYTE *)"1234567812345678", 16, &hash);
    OK(SKF_DigestUpdate, hash, (BYTE *)"message", 7);
    len = sizeof digest;
    OK(SKF_DigestFinal, hash, digest, &len);
    point_of(point, &outside);
    CHECK(gmpki_sm2_public_key_load(&public_key, point, 64) == GMPKI_OK &&
          gmpki_sm2_digest_init(&context, &public_key, (const uint8_t *)"1234567812345678", 16) == GMPKI_OK &&
          gmpki_sm3_update(&context, (const uint8_t *)"message", 7) == GMPKI_OK &&
          gmpki_sm3_final(&context, expected) == GMPKI_OK);
    CHECK(len == 32 && memcmp(digest, expected, 32) == 0);
    OK(SKF_CloseHandle, hash);
    FAILS(SAR_NOTSUPPORTYETERR, SKF_DigestInit, made.handle, 0x80, NULL, NULL, 0, &hash);

    OK(SKF_SetSymmKey, made.handle, (BYTE *)sm4_key, SGD_SM4_CBC, &key);
    OK(SKF_EncryptInit, key, param);
    len = sizeof encrypted;
    OK(SKF_Encrypt, key, (BYTE *)"two whole blocks of sixteen byte", 32, encrypted, &len);
    OK(SKF_MacInit, key, &param, &mac);
    OK(SKF_Mac, mac, (BYTE *)"two whole blocks of sixteen byte", 32, NULL, &len);
    CHECK(len == 16);
    OK(SKF_Mac, mac, (BYTE *)"two whole blocks of sixteen byte", 32, digest, &len);
    CHECK(len == 16 && memcmp(digest, encrypted + 16, 16) == 0);
    OK(SKF_CloseHandle, mac);
    OK(SKF_MacInit, key, &param, &mac);
    OK(SKF_CloseHandle, key); /* the MAC has what it needs */
    OK(SKF_MacUpdate, mac, (BYTE *)"two whole blocks", 16);
    OK(SKF_MacUpdate, mac, (BYTE *)" of sixteen byte", 16);
    len = sizeof digest;
    OK(SKF_MacFinal, mac, digest, &len);
    CHECK(len == 16 && memcmp(digest, encrypted + 16, 16) == 0);
    OK(SKF_CloseHandle, mac);
    OK(SKF_DisConnectDev, made.handle);
}

/* Both sides on one device: keys that agree decrypt what the other encrypts. */
static void test_agreement(void) {
    device made = make_device("");
    HCONTAINER other = NULL;
    HANDLE agreement = NULL, key_a = NULL, key_b = NULL;
    ECCPUBLICKEYBLOB public_a, public_b, temporary_a, temporary_b;
    BLOCKCIPHERPARAM param = {.IVLen = 0};
    BYTE *id_a = (BYTE *)"Alice", *id_b = (BYTE *)"Bob";
    BYTE data[16], back[16], long_id[33] = {0};
    ULONG len = sizeof data;
    FAILS(SAR_KEYNOTFOUNTERR, SKF_GenerateAgreementDataWithECC, made.container, SGD_SM4_ECB, &temporary_a, id_a, 5,
          &agreement);
    OK(SKF_GenECCKeyPair, made.container, SGD_SM2_1, &public_a);
    OK(SKF_CreateContainer, made.application, "con2", &other);
    OK(SKF_GenECCKeyPair, other, SGD_SM2_1, &public_b);
    FAILS(SAR_INDATALENERR, SKF_GenerateAgreementDataWithECC, made.container, SGD_SM4_ECB, &temporary_a, long_id, 33,
          &agreement);
    OK(SKF_GenerateAgreementDataWithECC, made.container, SGD_SM4_ECB, &temporary_a, id_a, 5, &agreement);
    OK(SKF_GenerateAgreementDataAndKeyWithECC, other, SGD_SM4_ECB, &public_a, &temporary_a, &temporary_b, id_b, 3, id_a,
       5, &key_b);
    OK(SKF_GenerateKeyWithECC, agreement, &public_b, &temporary_b, id_b, 3, &key_a);
    FAILS(SAR_NOTINITIALIZEERR, SKF_GenerateKeyWithECC, agreement, &public_b, &temporary_b, id_b, 3, &key_a);
    OK(SKF_CloseHandle, agreement);
    OK(SKF_EncryptInit, key_a, param);
    OK(SKF_Encrypt, key_a, (BYTE *)"sixteen bytes ok", 16, data, &len);
    OK(SKF_DecryptInit, key_b, param);
    len = sizeof back;
    OK(SKF_Decrypt, key_b, data, 16, back, &len);
    CHECK(len == 16 && memcmp(back, "sixteen bytes ok", 16) == 0);
    OK(SKF_DisConnectDev, made.handle);
}

/* What no standard numbers (SGD_SOFT_*): NIST's AES-256 example of FIPS 197 C.3, SHA-512 of "abc" (FIPS 180-4). */
static void test_own_algorithms(void) {
    if (!has_libcrypto()) {
        leave_out("no libcrypto: AES and SHA-2 through SKF");
        return;
    }
    device made = make_device("");
    HANDLE key = NULL, hash = NULL;
    BLOCKCIPHERPARAM param = {.IVLen = 0};
    BYTE value[32], data[64];
    ULONG len = sizeof data;
    for (int i = 0; i < 32; i++) {
        value[i] = (BYTE)i;
    }
    OK(SKF_SetSymmKey, made.handle, value, SGD_SOFT_AES_256 | (SGD_SM4_ECB & 0xFF), &key);
    OK(SKF_EncryptInit, key, param);
    unhex(data, "00112233445566778899aabbccddeeff");
    OK(SKF_Encrypt, key, data, 16, data, &len);
    CHECK(equals_hex(data, 16, "8ea2b7ca516745bfeafc49904b496089"));
    OK(SKF_DigestInit, made.handle, SGD_SOFT_SHA512, NULL, NULL, 0, &hash);
    len = sizeof data;
    OK(SKF_Digest, hash, (BYTE *)"abc", 3, data, &len);
    CHECK(len == 64 && equals_hex(data, 8, "ddaf35a193617aba"));
    OK(SKF_DisConnectDev, made.handle);
}

#endif /* GMPKI_TESTS_SOFTTOKEN_SKF_CRYPTO_H */
