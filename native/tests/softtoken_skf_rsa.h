/* RSA with the keys of containers and with keys from outside. */
#ifndef GMPKI_TESTS_SOFTTOKEN_SKF_RSA_H
#define GMPKI_TESTS_SOFTTOKEN_SKF_RSA_H

#include "softtoken_skf_support.h"

/* Append DER INTEGERs made from fields of the structure, with a zero before a set top bit. */
static size_t put_integer(BYTE *out, const BYTE *value, size_t len) {
    size_t at = 0;
    while (len > 1 && *value == 0) {
        value++;
        len--;
    }
    size_t content = len + (*value >> 7);
    out[at++] = 0x02;
    if (content > 255) {
        out[at++] = 0x82;
        out[at++] = (BYTE)(content >> 8);
    } else if (content > 127) {
        out[at++] = 0x81;
    }
    out[at++] = (BYTE)content;
    if (content > len) {
        out[at++] = 0;
    }
    memcpy(out + at, value, len);
    return at + len;
}

/* RSAPrivateKey (RFC 8017 A.1.2), padded by PKCS#7 to whole blocks of SM4. */
static ULONG encode_private(BYTE *out, const RSAPRIVATEKEYBLOB *key) {
    BYTE body[1400] = {0x02, 0x01, 0x00};
    size_t len = 3;
    len += put_integer(body + len, key->Modulus, sizeof key->Modulus);
    len += put_integer(body + len, key->PublicExponent, sizeof key->PublicExponent);
    len += put_integer(body + len, key->PrivateExponent, sizeof key->PrivateExponent);
    len += put_integer(body + len, key->Prime1, sizeof key->Prime1);
    len += put_integer(body + len, key->Prime2, sizeof key->Prime2);
    len += put_integer(body + len, key->Prime1Exponent, sizeof key->Prime1Exponent);
    len += put_integer(body + len, key->Prime2Exponent, sizeof key->Prime2Exponent);
    len += put_integer(body + len, key->Coefficient, sizeof key->Coefficient);
    out[0] = 0x30;
    out[1] = 0x82;
    out[2] = (BYTE)(len >> 8);
    out[3] = (BYTE)len;
    memcpy(out + 4, body, len);
    size_t total = len + 4;
    size_t padding = 16 - total % 16;
    memset(out + total, (int)padding, padding);
    return (ULONG)(total + padding);
}

static void test_rsa_keys_from_outside(const device *made, RSAPRIVATEKEYBLOB *private_key) {
    RSAPUBLICKEYBLOB public_key = {.AlgID = SGD_RSA};
    BYTE block[128] = {0}, result[256];
    ULONG len = sizeof result;
    OK(SKF_GenExtRSAKey, made->handle, 1024, private_key);
    CHECK(private_key->BitLen == 1024 && private_key->Modulus[0] == 0 && (private_key->Modulus[128] & 0x80) != 0);
    public_key.BitLen = 1024;
    memcpy(public_key.Modulus, private_key->Modulus, sizeof public_key.Modulus);
    memcpy(public_key.PublicExponent, private_key->PublicExponent, sizeof public_key.PublicExponent);
    memset(block + 1, 0x5A, sizeof block - 1);
    OK(SKF_ExtRSAPubKeyOperation, made->handle, &public_key, block, 128, NULL, &len);
    CHECK(len == 128);
    len = 127;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_ExtRSAPubKeyOperation, made->handle, &public_key, block, 128, result, &len);
    OK(SKF_ExtRSAPubKeyOperation, made->handle, &public_key, block, 128, result, &len);
    CHECK(len == 128 && memcmp(result, block, 128) != 0);
    OK(SKF_ExtRSAPriKeyOperation, made->handle, private_key, result, 128, result, &len);
    CHECK(len == 128 && memcmp(result, block, 128) == 0);
    FAILS(SAR_INDATALENERR, SKF_ExtRSAPubKeyOperation, made->handle, &public_key, block, 127, result, &len);
    memmove(public_key.Modulus, public_key.Modulus + 128, 128); /* at the other end of its field */
    memset(public_key.Modulus + 128, 0, 128);
    len = sizeof result;
    OK(SKF_ExtRSAPubKeyOperation, made->handle, &public_key, block, 128, result, &len);
    private_key->Prime1[127] ^= 2;
    FAILS(SAR_INDATAERR, SKF_ExtRSAPriKeyOperation, made->handle, private_key, block, 128, result, &len);
    private_key->Prime1[127] ^= 2;
    public_key.BitLen = 4096;
    FAILS(SAR_RSAMODULUSLENERR, SKF_ExtRSAPubKeyOperation, made->handle, &public_key, block, 128, result, &len);
}

static void test_rsa(void) {
    if (!has_libcrypto()) {
        leave_out("no libcrypto: RSA through SKF");
        return;
    }
    device made = make_device("");
    RSAPUBLICKEYBLOB public_key, exported;
    RSAPRIVATEKEYBLOB private_key;
    HANDLE key = NULL, same = NULL;
    BLOCKCIPHERPARAM param = {.IVLen = 0};
    BYTE signature[256], wrapped[256], plain[1424], sealed[1424];
    ULONG len = 0;
    ULONG type = 0;
    FAILS(SAR_RSAMODULUSLENERR, SKF_GenRSAKeyPair, made.container, 512, &public_key);
    OK(SKF_GenRSAKeyPair, made.container, 1024, &public_key);
    OK(SKF_GetContainerType, made.container, &type);
    CHECK(type == SKF_CONTAINER_RSA && public_key.BitLen == 1024);
    OK(SKF_RSASignData, made.container, (BYTE *)"digest info", 11, NULL, &len);
    CHECK(len == 128);
    len = 127;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_RSASignData, made.container, (BYTE *)"digest info", 11, signature, &len);
    OK(SKF_RSASignData, made.container, (BYTE *)"digest info", 11, signature, &len);
    OK(SKF_RSAVerify, made.handle, &public_key, (BYTE *)"digest info", 11, signature, 128);
    FAILS(SAR_HASHNOTEQUALERR, SKF_RSAVerify, made.handle, &public_key, (BYTE *)"digest infO", 11, signature, 128);
    FAILS(SAR_INDATALENERR, SKF_RSASignData, made.container, plain, 118, signature, &len);
    test_rsa_keys_from_outside(&made, &private_key);

    /* the encryption pair: under a key that is encrypted to the signing key */
    len = 0;
    OK(SKF_RSAExportSessionKey, made.container, SGD_SM4_ECB, &public_key, NULL, &len, NULL);
    CHECK(len == 128);
    OK(SKF_RSAExportSessionKey, made.container, SGD_SM4_ECB, &public_key, wrapped, &len, &key);
    ULONG plain_len = encode_private(plain, &private_key);
    ULONG sealed_len = sizeof sealed;
    OK(SKF_EncryptInit, key, param);
    OK(SKF_Encrypt, key, plain, plain_len, sealed, &sealed_len);
    FAILS(SAR_INVALIDPARAMERR, SKF_ImportRSAKeyPair, made.container, SGD_SM4_CBC, wrapped, 128, sealed, sealed_len);
    FAILS(SAR_INDATALENERR, SKF_ImportRSAKeyPair, made.container, SGD_SM4_ECB, wrapped, 128, sealed, sealed_len - 1);
    OK(SKF_ImportRSAKeyPair, made.container, SGD_SM4_ECB, wrapped, 128, sealed, sealed_len);
    len = sizeof exported;
    OK(SKF_ExportPublicKey, made.container, FALSE, (BYTE *)&exported, &len);
    CHECK(len == sizeof exported && memcmp(exported.Modulus, private_key.Modulus, sizeof exported.Modulus) == 0);
    OK(SKF_CloseHandle, key);
    len = sizeof wrapped;
    OK(SKF_RSAExportSessionKey, made.container, SGD_SM4_ECB, &exported, wrapped, &len, &key);
    OK(SKF_ImportSessionKey, made.container, SGD_SM4_ECB, wrapped, len, &same);
    FAILS(SAR_INDATAERR, SKF_ImportSessionKey, made.container, SGD_SOFT_AES_256 | 1, wrapped, len, &same);
    sealed[0] ^= 1;
    wrapped[5] ^= 1;
    CHECK(SKF_ImportRSAKeyPair(made.container, SGD_SM4_ECB, wrapped, 128, sealed, sealed_len) != SAR_OK);
    OK(SKF_DisConnectDev, made.handle);
}

#endif /* GMPKI_TESTS_SOFTTOKEN_SKF_RSA_H */
