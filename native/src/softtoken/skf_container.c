/* SKF: containers, their certificates and public keys (GM/T 0016-2012 7.5, 7.6.17). */
#include <string.h>

#include "softtoken/skf_blobs.h"
#include "softtoken/skf_session.h"

typedef enum st_status find_or_create(st_device *device, uint32_t application, const char *name, uint32_t *container);

/* A handle for the container that obtain gives for a name. */
static ULONG open_container(HAPPLICATION application, const char *name, HCONTAINER *handle, find_or_create *obtain) {
    uint32_t container = 0;
    st_skf_object *parent = st_skf_enter(application, ST_SKF_APPLICATION);
    if (parent == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (name == NULL || handle == NULL) {
        return st_skf_leave(parent, ST_ERR_ARGUMENT);
    }
    enum st_status status = obtain(parent->device, parent->application, name, &container);
    if (status == ST_OK) {
        st_skf_object *object = st_skf_new(ST_SKF_CONTAINER, parent);
        if (object == NULL) {
            return st_skf_leave(parent, ST_ERR_MEMORY);
        }
        object->container = container;
        status = st_skf_publish(object, SIZE_MAX, handle);
    }
    return st_skf_leave(parent, status);
}

ULONG DEVAPI SKF_CreateContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    return open_container(hApplication, szContainerName, phContainer, st_container_create);
}

ULONG DEVAPI SKF_OpenContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    return open_container(hApplication, szContainerName, phContainer, st_container_find);
}

ULONG DEVAPI SKF_DeleteContainer(HAPPLICATION hApplication, LPSTR szContainerName) {
    uint32_t container = 0;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szContainerName == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_container_find(object->device, object->application, szContainerName, &container);
    if (status == ST_OK) {
        status = st_container_delete(object->device, object->application, container);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_CloseContainer(HCONTAINER hContainer) {
    return st_skf_close(hContainer, ST_SKF_CONTAINER);
}

ULONG DEVAPI SKF_EnumContainer(HAPPLICATION hApplication, LPSTR szContainerName, ULONG *pulSize) {
    uint32_t ids[ST_LIST_MAX];
    char names[ST_LIST_MAX][ST_NAME_MAX + 1];
    size_t count = ST_LIST_MAX, found = 0;
    st_container_info info;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status =
        pulSize == NULL ? ST_ERR_ARGUMENT : st_container_list(object->device, object->application, ids, &count);
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = st_container_get_info(object->device, object->application, ids[i], &info);
        if (status == ST_OK) {
            memcpy(names[found++], info.name, sizeof info.name);
        } else if (status == ST_ERR_NO_CONTAINER) { /* another process deleted it meanwhile */
            status = ST_OK;
        }
    }
    if (status == ST_OK) {
        status = st_skf_names(szContainerName, pulSize, names[0], sizeof names[0], found);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_GetContainerType(HCONTAINER hContainer, ULONG *pulContainerType) {
    st_container_info info;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pulContainerType == NULL
                                ? ST_ERR_ARGUMENT
                                : st_container_get_info(object->device, object->application, object->container, &info);
    if (status == ST_OK) {
        *pulContainerType = info.kind == ST_RSA   ? SKF_CONTAINER_RSA
                            : info.kind == ST_SM2 ? SKF_CONTAINER_ECC
                                                  : SKF_CONTAINER_EMPTY;
    }
    return st_skf_leave(object, status);
}

/* bSignFlag: TRUE is the signing pair. */
static int usage_of(BOOL sign_flag) {
    return sign_flag != FALSE ? ST_SIGNING : ST_ENCRYPTION;
}

ULONG DEVAPI SKF_ImportCertificate(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG ulCertLen) {
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = ST_OK;
    if (pbCert == NULL) {
        status = ST_ERR_ARGUMENT;
    } else if (ulCertLen == 0) { /* the engine would take the certificate away */
        status = ST_ERR_INPUT_LEN;
    } else {
        status = st_certificate_set(object->device, object->application, object->container, usage_of(bSignFlag), pbCert,
                                    ulCertLen);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_ExportCertificate(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG *pulCertLen) {
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pulCertLen == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    size_t len = pbCert == NULL ? 0 : *pulCertLen;
    enum st_status status =
        st_certificate_get(object->device, object->application, object->container, usage_of(bSignFlag), pbCert, &len);
    return st_skf_leave(object, st_skf_length(pulCertLen, len, status));
}

ULONG DEVAPI SKF_ExportPublicKey(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbBlob, ULONG *pulBlobLen) {
    st_public_key key;
    ECCPUBLICKEYBLOB sm2;
    RSAPUBLICKEYBLOB rsa;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status =
        st_key_public(object->device, object->application, object->container, usage_of(bSignFlag), &key);
    if (status == ST_OK && key.kind == ST_SM2) {
        st_skf_point_write(&sm2, key.point);
        status = st_skf_bytes(pbBlob, pulBlobLen, &sm2, sizeof sm2);
    } else if (status == ST_OK) {
        st_skf_rsa_public_write(&rsa, &key.rsa);
        status = st_skf_bytes(pbBlob, pulBlobLen, &rsa, sizeof rsa);
    }
    return st_skf_leave(object, status);
}
