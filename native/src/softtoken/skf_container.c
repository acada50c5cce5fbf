/* SKF: containers, their certificates and public keys (GM/T 0016-2012 7.5, 7.6.17). */
#include <stdlib.h>
#include <string.h>

#include "softtoken/skf_blobs.h"
#include "softtoken/skf_session.h"

static enum st_status open_container(st_skf_object *application, uint32_t container, HCONTAINER *handle) {
    st_skf_object *object = st_skf_new(ST_SKF_CONTAINER, application);
    if (object == NULL) {
        return ST_ERR_MEMORY;
    }
    object->container = container;
    return st_skf_publish(object, SIZE_MAX, handle);
}

ULONG DEVAPI SKF_CreateContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    uint32_t container = 0;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szContainerName == NULL || phContainer == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_container_create(object->device, object->application, szContainerName, &container);
    if (status == ST_OK) {
        status = open_container(object, container, phContainer);
    }
    return st_skf_leave(object, status);
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

ULONG DEVAPI SKF_OpenContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    uint32_t container = 0;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szContainerName == NULL || phContainer == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_container_find(object->device, object->application, szContainerName, &container);
    if (status == ST_OK) {
        status = open_container(object, container, phContainer);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_CloseContainer(HCONTAINER hContainer) {
    return st_skf_close(hContainer, ST_SKF_CONTAINER);
}

/* The names of all containers, as rows of one length. The caller frees them. */
static enum st_status list_names(const st_skf_object *object, char (**names)[ST_NAME_MAX + 1], size_t *count) {
    uint32_t ids[ST_LIST_MAX];
    st_container_info info;
    *count = ST_LIST_MAX;
    enum st_status status = st_container_list(object->device, object->application, ids, count);
    if (status != ST_OK) {
        return status;
    }
    *names = calloc(*count + 1, sizeof **names);
    if (*names == NULL) {
        return ST_ERR_MEMORY;
    }
    size_t found = 0;
    for (size_t i = 0; i < *count; i++) {
        status = st_container_get_info(object->device, object->application, ids[i], &info);
        if (status == ST_OK) {
            memcpy((*names)[found++], info.name, sizeof info.name);
        } else if (status != ST_ERR_NO_CONTAINER) { /* another process may delete one meanwhile */
            return status;
        }
    }
    *count = found;
    return ST_OK;
}

ULONG DEVAPI SKF_EnumContainer(HAPPLICATION hApplication, LPSTR szContainerName, ULONG *pulSize) {
    char (*names)[ST_NAME_MAX + 1] = NULL;
    size_t count = 0;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pulSize == NULL ? ST_ERR_ARGUMENT : list_names(object, &names, &count);
    if (status == ST_OK) {
        status = st_skf_names(szContainerName, pulSize, names[0], sizeof names[0], count);
    }
    free(names);
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
