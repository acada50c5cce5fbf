/* SKF: digests (GM/T 0016-2012 7.6.27 to 7.6.30) and MACs (7.6.31 to 7.6.34). */
#include "softtoken/skf_blobs.h"
#include "softtoken/skf_key.h"

/* ---- what digests and MACs have in common: they take in bytes and answer one block at the end ---- */

static enum st_status absorb(st_skf_object *object, const BYTE *data, size_t len) {
    return object->kind == ST_SKF_DIGEST ? st_digest_update(object->as.digest, data, len)
                                         : st_mac_update(object->as.mac, data, len);
}

static enum st_status squeeze(st_skf_object *object, BYTE *out, size_t *out_len) {
    return object->kind == ST_SKF_DIGEST ? st_digest_final(object->as.digest, out, out_len)
                                         : st_mac_final(object->as.mac, out, out_len);
}

static ULONG update(HANDLE handle, enum st_skf_kind kind, const BYTE *data, ULONG len) {
    st_skf_object *object = st_skf_enter(handle, kind);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = data == NULL && len != 0 ? ST_ERR_ARGUMENT : st_skf_touch(object);
    if (status == ST_OK) {
        pthread_mutex_lock(&object->lock);
        status = absorb(object, data, len);
        pthread_mutex_unlock(&object->lock);
    }
    return st_skf_leave(object, status);
}

/* Take in the last bytes and answer. Too little room, or none for a size query, is found before anything is taken. */
static ULONG finish(HANDLE handle, enum st_skf_kind kind, const BYTE *data, ULONG len, BYTE *out, ULONG *out_len) {
    st_skf_object *object = st_skf_enter(handle, kind);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (out_len == NULL || (data == NULL && len != 0)) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    size_t room = out == NULL ? 0 : *out_len;
    size_t need = 0;
    enum st_status status = st_skf_touch(object);
    if (status == ST_OK) {
        pthread_mutex_lock(&object->lock);
        status = squeeze(object, NULL, &need);
        if (status == ST_OK && out != NULL && room < need) {
            status = ST_ERR_BUFFER;
        }
        if (status == ST_OK && out != NULL) {
            status = absorb(object, data, len);
            if (status == ST_OK) {
                status = squeeze(object, out, &room);
            }
        }
        pthread_mutex_unlock(&object->lock);
    }
    return st_skf_leave(object, st_skf_length(out_len, need, status));
}

/* ---- digests --------------------------------------------------------------------------- */

static const struct {
    ULONG number;
    int digest;
} digests[] = {
    {SGD_SM3, ST_SM3},      {SGD_SHA1, ST_SHA1},          {SGD_SHA256, ST_SHA256},
    {SGD_SOFT_MD5, ST_MD5}, {SGD_SOFT_SHA384, ST_SHA384}, {SGD_SOFT_SHA512, ST_SHA512},
};

/* With SM3 and an identity the digest begins with Z; otherwise key and identity play no part. */
static enum st_status make_digest(st_digest **digest, ULONG number, const ECCPUBLICKEYBLOB *key, const BYTE *id,
                                  size_t id_len) {
    uint8_t point[64];
    if (number == SGD_SM3 && id_len != 0) {
        enum st_status status = id == NULL ? ST_ERR_ARGUMENT : st_skf_point_read(point, key);
        return status == ST_OK ? st_digest_new_sm2(digest, point, id, id_len) : status;
    }
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        if (digests[i].number == number) {
            return st_digest_new(digest, digests[i].digest);
        }
    }
    return ST_ERR_NOT_SUPPORTED;
}

ULONG DEVAPI SKF_DigestInit(DEVHANDLE hDev, ULONG ulAlgID, ECCPUBLICKEYBLOB *pPubKey, BYTE *pucID, ULONG ulIDLen,
                            HANDLE *phHash) {
    st_skf_object *device = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (device == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = phHash == NULL ? ST_ERR_ARGUMENT : st_skf_touch(device);
    if (status == ST_OK) {
        st_skf_object *object = st_skf_new(ST_SKF_DIGEST, device);
        status = object == NULL ? ST_ERR_MEMORY : make_digest(&object->as.digest, ulAlgID, pPubKey, pucID, ulIDLen);
        if (status == ST_OK) {
            status = st_skf_publish(object, SIZE_MAX, phHash);
        } else if (object != NULL) {
            st_skf_discard(object);
        }
    }
    return st_skf_leave(device, status);
}

ULONG DEVAPI SKF_Digest(HANDLE hHash, BYTE *pbData, ULONG ulDataLen, BYTE *pbHashData, ULONG *pulHashLen) {
    return finish(hHash, ST_SKF_DIGEST, pbData, ulDataLen, pbHashData, pulHashLen);
}

ULONG DEVAPI SKF_DigestUpdate(HANDLE hHash, BYTE *pbData, ULONG ulDataLen) {
    return update(hHash, ST_SKF_DIGEST, pbData, ulDataLen);
}

ULONG DEVAPI SKF_DigestFinal(HANDLE hHash, BYTE *pHashData, ULONG *pulHashLen) {
    return finish(hHash, ST_SKF_DIGEST, NULL, 0, pHashData, pulHashLen);
}

/* ---- MACs ------------------------------------------------------------------------------ */

/* The key's mode does not matter: keys for CBC are used for MACs as often as those whose number says MAC. */
static enum st_status make_mac(st_mac **mac, const st_skf_key *key, const BLOCKCIPHERPARAM *param) {
    st_skf_algorithm algorithm;
    if (param == NULL || param->IVLen > MAX_IV_LEN || param->PaddingType != SKF_PADDING_NONE) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_skf_algorithm_find(&algorithm, key->algorithm);
    if (status == ST_OK) {
        status =
            st_mac_new(mac, algorithm.cipher, key->value, key->len, param->IVLen == 0 ? NULL : param->IV, param->IVLen);
    }
    return status;
}

ULONG DEVAPI SKF_MacInit(HANDLE hKey, BLOCKCIPHERPARAM *pMacParam, HANDLE *phMac) {
    st_skf_object *key = st_skf_enter(hKey, ST_SKF_KEY);
    if (key == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = phMac == NULL ? ST_ERR_ARGUMENT : st_skf_touch(key);
    if (status == ST_OK) {
        st_skf_object *object = st_skf_new(ST_SKF_MAC, key->connection);
        status = object == NULL ? ST_ERR_MEMORY : make_mac(&object->as.mac, &key->as.key, pMacParam);
        if (status == ST_OK) {
            status = st_skf_publish(object, SIZE_MAX, phMac);
        } else if (object != NULL) {
            st_skf_discard(object);
        }
    }
    return st_skf_leave(key, status);
}

ULONG DEVAPI SKF_Mac(HANDLE hMac, BYTE *pbData, ULONG ulDataLen, BYTE *pbMacData, ULONG *pulMacLen) {
    return finish(hMac, ST_SKF_MAC, pbData, ulDataLen, pbMacData, pulMacLen);
}

ULONG DEVAPI SKF_MacUpdate(HANDLE hMac, BYTE *pbData, ULONG ulDataLen) {
    return update(hMac, ST_SKF_MAC, pbData, ulDataLen);
}

ULONG DEVAPI SKF_MacFinal(HANDLE hMac, BYTE *pbMacData, ULONG *pulMacDataLen) {
    return finish(hMac, ST_SKF_MAC, NULL, 0, pbMacData, pulMacDataLen);
}
