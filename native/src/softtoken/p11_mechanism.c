/* The table of mechanisms, C_GetMechanismList, C_GetMechanismInfo. */
#include "softtoken/p11_mechanism.h"

#include "softtoken/p11.h"

enum {
    SIGNS = CKF_SIGN | CKF_VERIFY,
    CRYPTS = CKF_ENCRYPT | CKF_DECRYPT,
    WRAPS = CKF_WRAP | CKF_UNWRAP,
    RSA_MIN = 1024,
    RSA_MAX = 2048,
    SM2_BITS = 256,
    SECRET_MAX = 512,
    HMAC_MIN = 1,
    POINT_FLAGS = CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS
};

#define RSA(type, flags, family, digest) {type, CKK_RSA, RSA_MIN, RSA_MAX, flags, family, digest, 0, 0}
#define SM2(type, flags, family, der)                                                                                  \
    {type, CKK_GMPKI_SM2, SM2_BITS, SM2_BITS, (flags) | POINT_FLAGS, family, 0, 0, der}
#define DIGEST(type, digest) {type, ST_P11_NO_KEY, 0, 0, CKF_DIGEST, ST_P11_PLAIN_DIGEST, digest, 0, 0}
#define HMAC(type, family, digest) {type, CKK_GENERIC_SECRET, HMAC_MIN, SECRET_MAX, SIGNS, family, digest, 0, 0}
#define MAKE(type, key, min, max) {type, key, min, max, CKF_GENERATE, ST_P11_GENERATE_SECRET, 0, 0, 0}
#define AES(type, flags, mode, variant) {type, CKK_AES, 16, 32, flags, ST_P11_CIPHER, ST_AES, mode, variant}
#define DES3(type, flags, mode, variant) {type, CKK_DES3, 24, 24, flags, ST_P11_CIPHER, ST_DES3, mode, variant}
#define SM4(type, flags, mode, variant) {type, CKK_GMPKI_SM4, 16, 16, flags, ST_P11_CIPHER, ST_SM4, mode, variant}

static const st_p11_mechanism mechanisms[] = {
    RSA(CKM_RSA_PKCS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR, ST_P11_GENERATE_RSA, 0),
    RSA(CKM_RSA_PKCS, SIGNS | CRYPTS | WRAPS, ST_P11_RSA_PKCS, 0),
    RSA(CKM_RSA_X_509, SIGNS | CRYPTS, ST_P11_RSA_RAW, 0),
    RSA(CKM_MD5_RSA_PKCS, SIGNS, ST_P11_RSA_HASHED, ST_MD5),
    RSA(CKM_SHA1_RSA_PKCS, SIGNS, ST_P11_RSA_HASHED, ST_SHA1),
    RSA(CKM_SHA256_RSA_PKCS, SIGNS, ST_P11_RSA_HASHED, ST_SHA256),
    RSA(CKM_SHA384_RSA_PKCS, SIGNS, ST_P11_RSA_HASHED, ST_SHA384),
    RSA(CKM_SHA512_RSA_PKCS, SIGNS, ST_P11_RSA_HASHED, ST_SHA512),
    RSA(CKM_GMPKI_SM3_RSA_PKCS, SIGNS, ST_P11_RSA_HASHED, ST_SM3),
    RSA(CKM_RSA_PKCS_PSS, SIGNS, ST_P11_RSA_PSS, 0),
    RSA(CKM_SHA1_RSA_PKCS_PSS, SIGNS, ST_P11_RSA_PSS_HASHED, ST_SHA1),
    RSA(CKM_SHA256_RSA_PKCS_PSS, SIGNS, ST_P11_RSA_PSS_HASHED, ST_SHA256),
    RSA(CKM_SHA384_RSA_PKCS_PSS, SIGNS, ST_P11_RSA_PSS_HASHED, ST_SHA384),
    RSA(CKM_SHA512_RSA_PKCS_PSS, SIGNS, ST_P11_RSA_PSS_HASHED, ST_SHA512),
    RSA(CKM_RSA_PKCS_OAEP, CRYPTS | WRAPS, ST_P11_RSA_OAEP, 0),

    SM2(CKM_GMPKI_SM2_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR, ST_P11_GENERATE_SM2, 0),
    SM2(CKM_GMPKI_SM2, SIGNS, ST_P11_SM2, 0),
    SM2(CKM_GMPKI_SM2_DER, SIGNS, ST_P11_SM2, 1),
    SM2(CKM_GMPKI_SM2_SM3, SIGNS, ST_P11_SM2_HASHED, 0),
    SM2(CKM_GMPKI_SM2_SM3_DER, SIGNS, ST_P11_SM2_HASHED, 1),
    SM2(CKM_GMPKI_SM2_ENCRYPT, CRYPTS | WRAPS, ST_P11_SM2_ENCRYPT, 0),
    SM2(CKM_GMPKI_SM2_ENCRYPT_DER, CRYPTS | WRAPS, ST_P11_SM2_ENCRYPT, 1),
    SM2(CKM_GMPKI_SM2_EXCHANGE, CKF_DERIVE, ST_P11_SM2_EXCHANGE, 0),
    SM2(CKM_GMPKI_SM2_ENVELOPED_KEY, CKF_UNWRAP, ST_P11_SM2_ENVELOPED, 0),
    SM2(CKM_ECDH1_DERIVE, CKF_DERIVE, ST_P11_SM2_ECDH, 0),

    DIGEST(CKM_GMPKI_SM3, ST_SM3),
    DIGEST(CKM_MD5, ST_MD5),
    DIGEST(CKM_SHA_1, ST_SHA1),
    DIGEST(CKM_SHA256, ST_SHA256),
    DIGEST(CKM_SHA384, ST_SHA384),
    DIGEST(CKM_SHA512, ST_SHA512),
    HMAC(CKM_GMPKI_SM3_HMAC, ST_P11_HMAC, ST_SM3),
    HMAC(CKM_MD5_HMAC, ST_P11_HMAC, ST_MD5),
    HMAC(CKM_MD5_HMAC_GENERAL, ST_P11_HMAC_CUT, ST_MD5),
    HMAC(CKM_SHA_1_HMAC, ST_P11_HMAC, ST_SHA1),
    HMAC(CKM_SHA_1_HMAC_GENERAL, ST_P11_HMAC_CUT, ST_SHA1),
    HMAC(CKM_SHA256_HMAC, ST_P11_HMAC, ST_SHA256),
    HMAC(CKM_SHA256_HMAC_GENERAL, ST_P11_HMAC_CUT, ST_SHA256),
    HMAC(CKM_SHA384_HMAC, ST_P11_HMAC, ST_SHA384),
    HMAC(CKM_SHA384_HMAC_GENERAL, ST_P11_HMAC_CUT, ST_SHA384),
    HMAC(CKM_SHA512_HMAC, ST_P11_HMAC, ST_SHA512),
    HMAC(CKM_SHA512_HMAC_GENERAL, ST_P11_HMAC_CUT, ST_SHA512),

    MAKE(CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, HMAC_MIN, SECRET_MAX),
    MAKE(CKM_GMPKI_SM4_KEY_GEN, CKK_GMPKI_SM4, 16, 16),
    MAKE(CKM_AES_KEY_GEN, CKK_AES, 16, 32),
    MAKE(CKM_DES3_KEY_GEN, CKK_DES3, 24, 24),

    SM4(CKM_GMPKI_SM4_ECB, CRYPTS | WRAPS, ST_ECB, ST_NO_PADDING),
    SM4(CKM_GMPKI_SM4_ECB_PAD, CRYPTS | WRAPS, ST_ECB, ST_PKCS7),
    SM4(CKM_GMPKI_SM4_CBC, CRYPTS | WRAPS, ST_CBC, ST_NO_PADDING),
    SM4(CKM_GMPKI_SM4_CBC_PAD, CRYPTS | WRAPS, ST_CBC, ST_PKCS7),
    SM4(CKM_GMPKI_SM4_CFB128, CRYPTS, ST_CFB, ST_NO_PADDING),
    SM4(CKM_GMPKI_SM4_OFB, CRYPTS, ST_OFB, ST_NO_PADDING),
    {CKM_GMPKI_SM4_MAC, CKK_GMPKI_SM4, 16, 16, SIGNS, ST_P11_CBC_MAC, ST_SM4, 0, 0},
    AES(CKM_AES_ECB, CRYPTS | WRAPS, ST_ECB, ST_NO_PADDING),
    AES(CKM_AES_CBC, CRYPTS | WRAPS, ST_CBC, ST_NO_PADDING),
    AES(CKM_AES_CBC_PAD, CRYPTS | WRAPS, ST_CBC, ST_PKCS7),
    AES(CKM_AES_CFB128, CRYPTS, ST_CFB, ST_NO_PADDING),
    AES(CKM_AES_CFB8, CRYPTS, ST_CFB, ST_P11_FEEDBACK_8),
    AES(CKM_AES_OFB, CRYPTS, ST_OFB, ST_NO_PADDING),
    AES(CKM_AES_CTR, CRYPTS, ST_CTR, ST_NO_PADDING),
    DES3(CKM_DES3_ECB, CRYPTS | WRAPS, ST_ECB, ST_NO_PADDING),
    DES3(CKM_DES3_CBC, CRYPTS | WRAPS, ST_CBC, ST_NO_PADDING),
    DES3(CKM_DES3_CBC_PAD, CRYPTS | WRAPS, ST_CBC, ST_PKCS7),
};

enum { MECHANISMS = sizeof mechanisms / sizeof mechanisms[0] };

/* Whether it needs libcrypto: whatever is not SM2, SM3, SM4 or random bytes alone. */
static int needs_libcrypto(const st_p11_mechanism *mechanism) {
    switch (mechanism->family) {
    case ST_P11_GENERATE_SECRET:
        return 0;
    case ST_P11_PLAIN_DIGEST:
    case ST_P11_HMAC:
    case ST_P11_HMAC_CUT:
        return mechanism->algorithm != ST_SM3;
    default:
        return mechanism->key_type != CKK_GMPKI_SM2 && mechanism->key_type != CKK_GMPKI_SM4;
    }
}

static int is_usable(const st_p11_mechanism *mechanism) {
    return !needs_libcrypto(mechanism) || st_libcrypto_available();
}

const st_p11_mechanism *st_p11_mechanism_of(CK_MECHANISM_TYPE type) {
    type = st_p11_unalias_mechanism(type);
    for (size_t i = 0; i < MECHANISMS; i++) {
        if (mechanisms[i].type == type) {
            return is_usable(&mechanisms[i]) ? &mechanisms[i] : NULL;
        }
    }
    return NULL;
}

int st_p11_mechanism_at(size_t index, CK_MECHANISM_TYPE *type) {
    for (size_t i = 0; i < MECHANISMS; i++) {
        if (is_usable(&mechanisms[i]) && index-- == 0) {
            *type = mechanisms[i].type;
            return 1;
        }
    }
    return st_p11_alias_at(index, type);
}

static CK_RV list(CK_SLOT_ID id, CK_MECHANISM_TYPE *types, CK_ULONG *count) {
    st_p11_slot *slot;
    CK_MECHANISM_TYPE type;
    if (count == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_slot_find(id, &slot);
    if (rv != CKR_OK) {
        return rv;
    }
    CK_ULONG room = *count;
    for (*count = 0; st_p11_mechanism_at(*count, &type); (*count)++) {
        if (types != NULL && *count < room) {
            types[*count] = type;
        }
    }
    return types != NULL && *count > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV C_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE *pMechanismList, CK_ULONG *pulCount) {
    CK_RV rv = st_p11_enter();
    return rv == CKR_OK ? st_p11_leave(list(slotID, pMechanismList, pulCount)) : rv;
}

static CK_RV inform(CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
    st_p11_slot *slot;
    if (info == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_slot_find(id, &slot);
    if (rv != CKR_OK) {
        return rv;
    }
    const st_p11_mechanism *mechanism = st_p11_mechanism_of(type);
    if (mechanism == NULL) {
        return CKR_MECHANISM_INVALID;
    }
    *info = (CK_MECHANISM_INFO){mechanism->min_size, mechanism->max_size, mechanism->flags};
    return CKR_OK;
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *pInfo) {
    CK_RV rv = st_p11_enter();
    return rv == CKR_OK ? st_p11_leave(inform(slotID, type, pInfo)) : rv;
}
