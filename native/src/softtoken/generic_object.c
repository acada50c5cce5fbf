/* Objects that PKCS#11 keeps and SKF does not know: bytes that mean nothing here. */
#include "common/bytes.h"
#include "softtoken/device.h"

static enum st_status may_see(int is_private, unsigned who) {
    return is_private ? st_may(ST_DO_SEE_PRIVATE_OBJECT, who) : ST_OK;
}

static enum st_status set_blob(st_device *device, const st_application *application, st_object *object,
                               const uint8_t *blob, size_t len) {
    if (!object->is_private) {
        return st_bytes_set(&object->blob, blob, len);
    }
    st_place place = {device->serial, application->id, object->id, ST_SEALED_OBJECT};
    return st_seal_bytes(&object->blob, st_login_of(device, application->id)->user_key, &place, blob, len);
}

static enum st_status check_blob(const uint8_t *blob, size_t len) {
    if (blob == NULL || len == 0) {
        return ST_ERR_ARGUMENT;
    }
    return len <= ST_BLOB_MAX ? ST_OK : ST_ERR_INPUT_LEN;
}

enum st_status st_object_create(st_device *device, uint32_t application, int is_private, const uint8_t *blob,
                                size_t len, uint32_t *object) {
    st_application *found;
    st_object *made;
    unsigned who;
    uint32_t id = 0;
    enum st_status status = object == NULL ? ST_ERR_ARGUMENT : check_blob(blob, len);
    if (status == ST_OK) {
        status = st_enter_application(device, ST_CHANGING, application, &found, &who);
    }
    if (status != ST_OK) {
        return status;
    }
    status = may_see(is_private, who);
    if (status == ST_OK) {
        status = st_model_add_object(device->model, found, &made);
    }
    if (status == ST_OK) {
        id = made->id;
        made->is_private = is_private != 0;
        status = set_blob(device, found, made, blob, len);
    }
    status = st_leave(device, status);
    if (status == ST_OK) {
        *object = id;
    }
    return status;
}

/* Enter, and find an object that may be seen: of another nobody learns that it is there. */
static enum st_status enter_object(st_device *device, enum st_entering entering, uint32_t application, uint32_t object,
                                   st_application **found, st_object **entered) {
    unsigned who;
    enum st_status status = st_enter_application(device, entering, application, found, &who);
    if (status != ST_OK) {
        return status;
    }
    *entered = st_model_object(*found, object);
    if (*entered == NULL || may_see((*entered)->is_private, who) != ST_OK) {
        return st_leave(device, ST_ERR_NO_OBJECT);
    }
    return ST_OK;
}

enum st_status st_object_replace(st_device *device, uint32_t application, uint32_t object, const uint8_t *blob,
                                 size_t len) {
    st_application *found;
    st_object *entered;
    enum st_status status = check_blob(blob, len);
    if (status == ST_OK) {
        status = enter_object(device, ST_CHANGING, application, object, &found, &entered);
    }
    if (status != ST_OK) {
        return status;
    }
    return st_leave(device, set_blob(device, found, entered, blob, len));
}

enum st_status st_object_delete(st_device *device, uint32_t application, uint32_t object) {
    st_application *found;
    st_object *entered;
    enum st_status status = enter_object(device, ST_CHANGING, application, object, &found, &entered);
    if (status != ST_OK) {
        return status;
    }
    st_model_remove_object(found, entered);
    return st_leave(device, ST_OK);
}

enum st_status st_object_list(st_device *device, uint32_t application, uint32_t *objects, size_t *count) {
    st_application *found;
    unsigned who;
    size_t seen = 0;
    if (count == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_application(device, ST_LOOKING, application, &found, &who);
    if (status != ST_OK) {
        return status;
    }
    for (size_t i = 0; i < found->object_count; i++) {
        seen += may_see(found->objects[i].is_private, who) == ST_OK;
    }
    status = st_room(objects, count, seen);
    for (size_t i = 0, at = 0; status == ST_OK && objects != NULL && i < found->object_count; i++) {
        if (may_see(found->objects[i].is_private, who) == ST_OK) {
            objects[at++] = found->objects[i].id;
        }
    }
    return st_leave(device, status);
}

/* Give out what a private object holds. */
static enum st_status give_private(st_device *device, const st_application *application, const st_object *object,
                                   uint8_t *blob, size_t *len) {
    if (object->blob.len < ST_SEAL_OVERHEAD) {
        return ST_ERR_DAMAGED;
    }
    enum st_status status = st_room(blob, len, object->blob.len - ST_SEAL_OVERHEAD);
    if (status != ST_OK || blob == NULL) {
        return status;
    }
    st_place place = {device->serial, application->id, object->id, ST_SEALED_OBJECT};
    return st_unseal(blob, st_login_of(device, application->id)->user_key, &place, object->blob.data, object->blob.len);
}

enum st_status st_object_get(st_device *device, uint32_t application, uint32_t object, uint8_t *blob, size_t *len) {
    st_application *found;
    st_object *entered;
    if (len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = enter_object(device, ST_LOOKING, application, object, &found, &entered);
    if (status != ST_OK) {
        return status;
    }
    status = entered->is_private ? give_private(device, found, entered, blob, len) : st_give(blob, len, &entered->blob);
    return st_leave(device, status);
}
