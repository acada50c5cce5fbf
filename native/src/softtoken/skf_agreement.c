/*
 * SKF: key agreement with SM2 (GM/T 0016-2012 7.6.14 to 7.6.16; GB/T 32918.3-2016).
 *
 * The standard does not say which pair of the container takes part. Here it is the encryption pair, as the key that a
 * key-management centre can recover, and the signing pair where the container has no other.
 */
#include <string.h>

#include "common/bytes.h"
#include "gmpki/sm2.h"
#include "softtoken/skf_blobs.h"
#include "softtoken/skf_key.h"

enum { MAX_ID_LEN = 32 };

static enum st_status check_id(const BYTE *id, ULONG len) {
    if (id == NULL && len != 0) {
        return ST_ERR_ARGUMENT;
    }
    return len > MAX_ID_LEN ? ST_ERR_INPUT_LEN : ST_OK;
}

static enum st_status choose_usage(const st_skf_object *object, int *usage) {
    st_public_key key;
    *usage = ST_ENCRYPTION;
    enum st_status status = st_key_public(object->device, object->application, object->container, *usage, &key);
    if (status == ST_ERR_NO_KEY) {
        *usage = ST_SIGNING;
        status = st_key_public(object->device, object->application, object->container, *usage, &key);
    }
    return status == ST_OK && key.kind != ST_SM2 ? ST_ERR_KEY_USAGE : status;
}

/* A temporary pair: the private half for the exchange, the public one for the other side. */
static enum st_status make_ephemeral(uint8_t d[32], ECCPUBLICKEYBLOB *blob) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    uint8_t point[GMPKI_SM2_POINT_LEN];
    int status = gmpki_sm2_generate(&key);
    if (status == GMPKI_OK) {
        status = gmpki_sm2_private_key_store(&key, d);
    }
    if (status == GMPKI_OK) {
        status = gmpki_sm2_private_key_public(&key, &public_key);
    }
    if (status == GMPKI_OK) {
        status = gmpki_sm2_public_key_store(&public_key, point, sizeof point);
    }
    if (status == GMPKI_OK) {
        st_skf_point_write(blob, point);
    }
    gmpki_sm2_private_key_clear(&key);
    return st_skf_from_core(status);
}

/* The other side, as its blobs say. */
typedef struct peer {
    uint8_t point[64], ephemeral[64];
    const BYTE *id;
    size_t id_len;
} peer;

static enum st_status read_peer(peer *other, const ECCPUBLICKEYBLOB *key, const ECCPUBLICKEYBLOB *ephemeral,
                                const BYTE *id, ULONG id_len) {
    enum st_status status = check_id(id, id_len);
    if (status == ST_OK) {
        status = st_skf_point_read(other->point, key);
    }
    if (status == ST_OK) {
        status = st_skf_point_read(other->ephemeral, ephemeral);
    }
    other->id = id;
    other->id_len = id_len;
    return status;
}

/* The common end of both sides: the shared key as a session key of the connection. */
static enum st_status derive(st_skf_object *object, const st_skf_agreement *own, int role, const peer *other,
                             HANDLE *handle) {
    uint8_t value[ST_MAX_CIPHER_KEY_LEN];
    st_skf_algorithm algorithm;
    enum st_status status = st_skf_algorithm_find(&algorithm, own->algorithm);
    if (status == ST_OK) {
        status = st_key_sm2_exchange(object->device, object->application, object->container, own->usage, role,
                                     own->ephemeral, own->id, own->id_len, other->point, other->ephemeral, other->id,
                                     other->id_len, value, algorithm.key_len);
    }
    if (status == ST_OK) {
        status = st_skf_key_make(object, own->algorithm, value, algorithm.key_len, handle);
    }
    gmpki_cleanse(value, sizeof value);
    return status;
}

/* What this side brings in, but for the temporary pair. */
static enum st_status begin(const st_skf_object *container, st_skf_agreement *own, ULONG number, const BYTE *id,
                            ULONG id_len) {
    st_skf_algorithm algorithm;
    enum st_status status = check_id(id, id_len);
    if (status == ST_OK) {
        status = st_skf_algorithm_find(&algorithm, number);
    }
    if (status == ST_OK) {
        status = choose_usage(container, &own->usage);
    }
    if (status == ST_OK) {
        own->algorithm = number;
        own->id_len = id_len;
        copy_bytes(own->id, id, id_len);
    }
    return status;
}

ULONG DEVAPI SKF_GenerateAgreementDataWithECC(HCONTAINER hContainer, ULONG ulAlgId,
                                              ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen,
                                              HANDLE *phAgreementHandle) {
    st_skf_object *container = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (container == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pTempECCPubKeyBlob == NULL || phAgreementHandle == NULL) {
        return st_skf_leave(container, ST_ERR_ARGUMENT);
    }
    /* Below the container, whose key it will need. */
    st_skf_object *object = st_skf_new(ST_SKF_AGREEMENT, container);
    if (object == NULL) {
        return st_skf_leave(container, ST_ERR_MEMORY);
    }
    enum st_status status = begin(container, &object->as.agreement, ulAlgId, pbID, ulIDLen);
    if (status == ST_OK) {
        status = make_ephemeral(object->as.agreement.ephemeral, pTempECCPubKeyBlob);
    }
    if (status == ST_OK) {
        status = st_skf_publish(object, SIZE_MAX, phAgreementHandle);
    } else {
        st_skf_discard(object);
    }
    return st_skf_leave(container, status);
}

ULONG DEVAPI SKF_GenerateAgreementDataAndKeyWithECC(HANDLE hContainer, ULONG ulAlgId,
                                                    ECCPUBLICKEYBLOB *pSponsorECCPubKeyBlob,
                                                    ECCPUBLICKEYBLOB *pSponsorTempECCPubKeyBlob,
                                                    ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen,
                                                    BYTE *pbSponsorID, ULONG ulSponsorIDLen, HANDLE *phKeyHandle) {
    st_skf_agreement own = {0};
    peer sponsor;
    st_skf_object *container = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (container == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pTempECCPubKeyBlob == NULL || phKeyHandle == NULL) {
        return st_skf_leave(container, ST_ERR_ARGUMENT);
    }
    enum st_status status =
        read_peer(&sponsor, pSponsorECCPubKeyBlob, pSponsorTempECCPubKeyBlob, pbSponsorID, ulSponsorIDLen);
    if (status == ST_OK) {
        status = begin(container, &own, ulAlgId, pbID, ulIDLen);
    }
    if (status == ST_OK) {
        status = make_ephemeral(own.ephemeral, pTempECCPubKeyBlob);
    }
    if (status == ST_OK) {
        status = derive(container, &own, GMPKI_SM2_RESPONDER, &sponsor, phKeyHandle);
    }
    gmpki_cleanse(&own, sizeof own);
    return st_skf_leave(container, status);
}

ULONG DEVAPI SKF_GenerateKeyWithECC(HANDLE hAgreementHandle, ECCPUBLICKEYBLOB *pECCPubKeyBlob,
                                    ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen,
                                    HANDLE *phKeyHandle) {
    peer responder;
    st_skf_object *object = st_skf_enter(hAgreementHandle, ST_SKF_AGREEMENT);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (phKeyHandle == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = read_peer(&responder, pECCPubKeyBlob, pTempECCPubKeyBlob, pbID, ulIDLen);
    if (status == ST_OK) {
        pthread_mutex_lock(&object->lock);
        st_skf_agreement *own = &object->as.agreement;
        status = own->used ? ST_ERR_STATE : derive(object, own, GMPKI_SM2_INITIATOR, &responder, phKeyHandle);
        if (status == ST_OK) { /* a temporary key is for one exchange */
            own->used = 1;
            gmpki_cleanse(own->ephemeral, sizeof own->ephemeral);
        }
        pthread_mutex_unlock(&object->lock);
    }
    return st_skf_leave(object, status);
}
