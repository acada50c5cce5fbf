/* Parameters of mechanisms (PKCS#11 v2.40 mechanisms; ours in gmpki/pkcs11_types.h). */
#include <string.h>

#include "gmpki/sm2.h"
#include "softtoken/p11_operation.h"

enum { COUNTER_BITS = 128, USER_ID_LEN = 16 };

static int digest_of_hash(CK_MECHANISM_TYPE hash) {
    switch (hash) {
    case CKM_SHA_1:
        return ST_SHA1;
    case CKM_SHA256:
        return ST_SHA256;
    case CKM_SHA384:
        return ST_SHA384;
    case CKM_SHA512:
        return ST_SHA512;
    default:
        return 0;
    }
}

static int digest_of_mgf(CK_ULONG mgf) {
    switch (mgf) {
    case CKG_MGF1_SHA1:
        return ST_SHA1;
    case CKG_MGF1_SHA256:
        return ST_SHA256;
    case CKG_MGF1_SHA384:
        return ST_SHA384;
    case CKG_MGF1_SHA512:
        return ST_SHA512;
    default:
        return 0;
    }
}

static CK_RV read_pss(st_p11_parameters *read, const st_p11_mechanism *mechanism, const CK_MECHANISM *given) {
    CK_RSA_PKCS_PSS_PARAMS pss;
    if (given->ulParameterLen != sizeof pss) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&pss, given->pParameter, sizeof pss);
    read->pss = (st_pss){digest_of_hash(pss.hashAlg), digest_of_mgf(pss.mgf), pss.sLen};
    int fits = mechanism->family == ST_P11_RSA_PSS || mechanism->algorithm == read->pss.digest;
    return read->pss.digest != 0 && read->pss.mgf_digest != 0 && fits && pss.sLen <= ST_RSA_MAX_LEN
               ? CKR_OK
               : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV read_oaep(st_p11_parameters *read, const CK_MECHANISM *given) {
    CK_RSA_PKCS_OAEP_PARAMS oaep;
    if (given->ulParameterLen != sizeof oaep) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&oaep, given->pParameter, sizeof oaep);
    int is_labelled = oaep.source == CKZ_DATA_SPECIFIED && (oaep.pSourceData != NULL || oaep.ulSourceDataLen == 0);
    int is_bare = oaep.source == 0 && oaep.ulSourceDataLen == 0;
    read->oaep = (st_oaep){digest_of_hash(oaep.hashAlg), digest_of_mgf(oaep.mgf), NULL, 0};
    if (read->oaep.digest == 0 || read->oaep.mgf_digest == 0 || (!is_labelled && !is_bare) ||
        oaep.ulSourceDataLen > ST_P11_ATTRIBUTE_LEN_MAX) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    read->oaep.label = oaep.pSourceData;
    read->oaep.label_len = oaep.ulSourceDataLen;
    return CKR_OK;
}

/* How many bytes may be processed before the low bits of a counter, and with them the key stream, begin anew. */
static uint64_t bytes_left(const CK_AES_CTR_PARAMS *ctr) {
    if (ctr->ulCounterBits >= 60) {
        return UINT64_MAX; /* nobody comes to the end */
    }
    uint64_t counter = 0;
    for (size_t i = 0; i < 8; i++) {
        counter = counter << 8 | ctr->cb[8 + i];
    }
    uint64_t blocks = (uint64_t)1 << ctr->ulCounterBits;
    return 16 * (blocks - (counter & (blocks - 1)));
}

/* The counter block must outlive the call, so the caller's is pointed to. */
static CK_RV read_counter(st_p11_parameters *read, const CK_MECHANISM *given) {
    CK_AES_CTR_PARAMS ctr;
    if (given->ulParameterLen != sizeof ctr) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&ctr, given->pParameter, sizeof ctr);
    if (ctr.ulCounterBits < 1 || ctr.ulCounterBits > COUNTER_BITS) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    read->counter_left = bytes_left(&ctr);
    read->iv = (const uint8_t *)given->pParameter + offsetof(CK_AES_CTR_PARAMS, cb);
    read->iv_len = sizeof ctr.cb;
    return CKR_OK;
}

static CK_RV read_iv(st_p11_parameters *read, size_t expected, int may_be_absent, const CK_MECHANISM *given) {
    read->iv = given->pParameter;
    read->iv_len = given->ulParameterLen;
    return given->ulParameterLen == expected || (may_be_absent && given->ulParameterLen == 0)
               ? CKR_OK
               : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV read_user_id(st_p11_parameters *read, const CK_MECHANISM *given) {
    static const uint8_t by_default[] = "1234567812345678";
    read->iv = given->pParameter != NULL ? given->pParameter : by_default;
    read->iv_len = given->pParameter != NULL ? given->ulParameterLen : USER_ID_LEN;
    return read->iv_len <= GMPKI_SM2_MAX_USER_ID_LEN ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV read_mac_len(st_p11_parameters *read, const st_p11_mechanism *mechanism, const CK_MECHANISM *given) {
    CK_ULONG len;
    if (given->ulParameterLen != sizeof len) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&len, given->pParameter, sizeof len);
    read->mac_len = len;
    return len >= 1 && len <= st_digest_len(mechanism->algorithm) ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

CK_RV st_p11_read_parameters(st_p11_parameters *read, const st_p11_mechanism *mechanism, const CK_MECHANISM *given) {
    memset(read, 0, sizeof *read);
    read->counter_left = UINT64_MAX;
    if (given->pParameter == NULL && given->ulParameterLen != 0) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    switch (mechanism->family) {
    case ST_P11_RSA_PSS:
    case ST_P11_RSA_PSS_HASHED:
        return read_pss(read, mechanism, given);
    case ST_P11_RSA_OAEP:
        return read_oaep(read, given);
    case ST_P11_SM2_HASHED:
        return read_user_id(read, given);
    case ST_P11_HMAC_CUT:
        return read_mac_len(read, mechanism, given);
    case ST_P11_CBC_MAC:
        return read_iv(read, st_cipher_block_len(mechanism->algorithm), 1, given);
    case ST_P11_CIPHER:
        if (mechanism->mode == ST_CTR) {
            return read_counter(read, given);
        }
        return read_iv(read, mechanism->mode == ST_ECB ? 0 : st_cipher_block_len(mechanism->algorithm), 0, given);
    default:
        return given->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
    }
}
