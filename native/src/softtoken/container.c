/* Containers (GM/T 0016-2012 7.5): two pairs, two certificates, and what PKCS#11 knows of them. */
#include "softtoken/container.h"

#include "common/bytes.h"
#include "softtoken/names.h"

/* ---- making, deleting, finding ---------------------------------------------------------- */

enum st_status st_container_create(st_device *device, uint32_t application, const char *name, uint32_t *container) {
    st_application *found;
    st_container *made;
    unsigned who;
    uint32_t id = 0;
    if (name == NULL || container == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (!st_name_is_valid(name, ST_NAME_MAX)) {
        return ST_ERR_NAME;
    }
    enum st_status status = st_enter_application(device, ST_CHANGING, application, &found, &who);
    if (status != ST_OK) {
        return status;
    }
    status = st_may(ST_DO_CREATE_CONTAINER, who);
    if (status == ST_OK && st_model_container_named(found, name) != NULL) {
        status = ST_ERR_CONTAINER_EXISTS;
    }
    if (status == ST_OK) {
        status = st_model_add_container(device->model, found, &made);
    }
    if (status == ST_OK) {
        memcpy(made->name, name, strlen(name));
        id = made->id;
    }
    status = st_leave(device, status);
    if (status == ST_OK) {
        *container = id;
    }
    return status;
}

enum st_status st_enter_container(st_device *device, enum st_entering entering, uint32_t application,
                                  uint32_t container, st_inside_container *inside) {
    enum st_status status = st_enter_application(device, entering, application, &inside->application, &inside->who);
    if (status != ST_OK) {
        return status;
    }
    inside->container = st_model_container(inside->application, container);
    return inside->container != NULL ? ST_OK : st_leave(device, ST_ERR_NO_CONTAINER);
}

enum st_status st_enter_pair(st_device *device, enum st_entering entering, uint32_t application, uint32_t container,
                             int usage, st_inside_container *inside) {
    if (usage != ST_SIGNING && usage != ST_ENCRYPTION) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_container(device, entering, application, container, inside);
    if (status == ST_OK) {
        inside->usage = usage;
        inside->pair = &inside->container->pairs[usage];
    }
    return status;
}

enum st_status st_container_delete(st_device *device, uint32_t application, uint32_t container) {
    st_inside_container inside;
    enum st_status status = st_enter_container(device, ST_CHANGING, application, container, &inside);
    if (status != ST_OK) {
        return status;
    }
    status = st_may(ST_DO_DELETE_CONTAINER, inside.who);
    if (status == ST_OK) {
        st_model_remove_container(inside.application, inside.container);
    }
    return st_leave(device, status);
}

enum st_status st_container_find(st_device *device, uint32_t application, const char *name, uint32_t *container) {
    st_application *found;
    if (name == NULL || container == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_application(device, ST_LOOKING, application, &found, NULL);
    if (status != ST_OK) {
        return status;
    }
    const st_container *named = st_model_container_named(found, name);
    if (named != NULL) {
        *container = named->id;
    }
    return st_leave(device, named != NULL ? ST_OK : ST_ERR_NO_CONTAINER);
}

enum st_status st_container_list(st_device *device, uint32_t application, uint32_t *containers, size_t *count) {
    st_application *found;
    if (count == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_application(device, ST_LOOKING, application, &found, NULL);
    if (status != ST_OK) {
        return status;
    }
    status = st_room(containers, count, found->container_count);
    for (size_t i = 0; status == ST_OK && containers != NULL && i < found->container_count; i++) {
        containers[i] = found->containers[i].id;
    }
    return st_leave(device, status);
}

enum st_status st_container_get_info(st_device *device, uint32_t application, uint32_t container,
                                     st_container_info *info) {
    st_inside_container inside;
    if (info == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_container(device, ST_LOOKING, application, container, &inside);
    if (status != ST_OK) {
        return status;
    }
    const st_pair *pairs = inside.container->pairs;
    memset(info, 0, sizeof *info);
    memcpy(info->name, inside.container->name, sizeof info->name);
    info->kind = pairs[ST_SIGNING].kind != ST_NO_KEY ? pairs[ST_SIGNING].kind : pairs[ST_ENCRYPTION].kind;
    for (int usage = ST_SIGNING; usage <= ST_ENCRYPTION; usage++) {
        info->key_kind[usage] = pairs[usage].kind;
        info->certificate_len[usage] = pairs[usage].certificate.len;
    }
    return st_leave(device, ST_OK);
}

/* ---- certificates ----------------------------------------------------------------------- */

/* Whether the bytes are one SEQUENCE in DER: its length in the shortest form, and nothing behind it. */
static int is_one_sequence(const uint8_t *der, size_t len) {
    if (len < 2 || der[0] != 0x30) {
        return 0;
    }
    if (der[1] < 0x80) {
        return len == 2u + der[1];
    }
    size_t width = der[1] & 0x7Fu, content = 0;
    if (width == 0 || width > 2 || len < 2 + width) {
        return 0;
    }
    for (size_t i = 0; i < width; i++) {
        content = content << 8 | der[2 + i];
    }
    return content >= (width == 1 ? 0x80u : 0x100u) && content == len - 2 - width;
}

enum st_status st_certificate_set(st_device *device, uint32_t application, uint32_t container, int usage,
                                  const uint8_t *der, size_t len) {
    st_inside_container inside;
    if (der == NULL && len != 0) {
        return ST_ERR_ARGUMENT;
    }
    if (len > ST_CERTIFICATE_MAX) {
        return ST_ERR_INPUT_LEN;
    }
    if (len != 0 && !is_one_sequence(der, len)) {
        return ST_ERR_INPUT;
    }
    enum st_status status = st_enter_pair(device, ST_CHANGING, application, container, usage, &inside);
    if (status != ST_OK) {
        return status;
    }
    return st_leave(device, st_bytes_set(&inside.pair->certificate, der, len));
}

enum st_status st_certificate_get(st_device *device, uint32_t application, uint32_t container, int usage, uint8_t *der,
                                  size_t *len) {
    st_inside_container inside;
    if (len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_pair(device, ST_LOOKING, application, container, usage, &inside);
    if (status != ST_OK) {
        return status;
    }
    const st_bytes *certificate = &inside.pair->certificate;
    return st_leave(device, certificate->len == 0 ? ST_ERR_NO_CERTIFICATE : st_give(der, len, certificate));
}

/* ---- attributes ------------------------------------------------------------------------- */

enum st_status st_attributes_set(st_device *device, uint32_t application, uint32_t container, int usage,
                                 const uint8_t *blob, size_t len) {
    st_inside_container inside;
    if (blob == NULL && len != 0) {
        return ST_ERR_ARGUMENT;
    }
    if (len > ST_BLOB_MAX) {
        return ST_ERR_INPUT_LEN;
    }
    enum st_status status = st_enter_pair(device, ST_CHANGING, application, container, usage, &inside);
    if (status != ST_OK) {
        return status;
    }
    return st_leave(device, st_bytes_set(&inside.pair->attributes, blob, len));
}

enum st_status st_attributes_get(st_device *device, uint32_t application, uint32_t container, int usage, uint8_t *blob,
                                 size_t *len) {
    st_inside_container inside;
    if (len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_pair(device, ST_LOOKING, application, container, usage, &inside);
    if (status != ST_OK) {
        return status;
    }
    return st_leave(device, st_give(blob, len, &inside.pair->attributes));
}
