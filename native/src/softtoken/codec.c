/*
 * A model as bytes: the body of the file `token` (store.h), and back.
 *
 * Numbers are big endian: u8, u32. text: u8 length, then 1 .. max bytes of UTF-8. bytes: u32 length, then the bytes.
 *
 *   device       text serial, text label, u32 total_space max_applications max_containers max_session_keys pin_tries
 *                pin_iterations, u32 next_id, 44 bytes of the sealed device key, u32 count, applications
 *   application  u32 id, text name, u32 create_rights, pin of the administrator, pin of the user,
 *                u32 count, containers, u32 count, files, u32 count, objects
 *   pin          u8 max_tries, u8 tries_left, u8 is_default, u32 iterations; unless these are 0:
 *                16 bytes of salt, u8 length, the sealed keys
 *   container    u32 id, text name, the pair for signing, the pair for encryption
 *   pair         u8 kind, u32 bits, bytes public_key, private_key, certificate, attributes
 *   file         u32 id, text name, u32 size read_rights write_rights, bytes content
 *   object       u32 id, u8 is_private, bytes blob
 *
 * Within an array ids rise. Every length has its bound before anything is allocated, and nothing may follow.
 */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "softtoken/model.h"
#include "softtoken/names.h"

/* ---- writing ---------------------------------------------------------------------------- */

typedef struct writer {
    st_bytes body;
    size_t room;
    enum st_status status; /* the first error; what follows it does nothing */
} writer;

static void put(writer *w, const void *data, size_t len) {
    if (w->status != ST_OK || len == 0) {
        return;
    }
    if (len > ST_BODY_MAX - w->body.len) {
        w->status = ST_ERR_NO_ROOM;
        return;
    }
    if (len > w->room - w->body.len) {
        size_t room = 2 * (w->body.len + len) + 1024;
        uint8_t *larger = realloc(w->body.data, room);
        if (larger == NULL) {
            w->status = ST_ERR_MEMORY;
            return;
        }
        w->body.data = larger;
        w->room = room;
    }
    memcpy(w->body.data + w->body.len, data, len);
    w->body.len += len;
}

static void put_u8(writer *w, uint32_t value) {
    uint8_t byte = (uint8_t)value;
    put(w, &byte, 1);
}

static void put_u32(writer *w, uint32_t value) {
    uint8_t bytes[4];
    store_be32(bytes, value);
    put(w, bytes, sizeof bytes);
}

static void put_text(writer *w, const char *text) {
    size_t len = strlen(text);
    put_u8(w, (uint32_t)len);
    put(w, text, len);
}

static void put_bytes(writer *w, const st_bytes *bytes) {
    put_u32(w, (uint32_t)bytes->len);
    put(w, bytes->data, bytes->len);
}

static void put_pin(writer *w, const st_pin *pin) {
    put_u8(w, pin->max_tries);
    put_u8(w, pin->tries_left);
    put_u8(w, pin->is_default);
    put_u32(w, pin->wrap.iterations);
    if (pin->wrap.iterations != 0) {
        put(w, pin->wrap.salt, sizeof pin->wrap.salt);
        put_u8(w, pin->wrap.sealed_len);
        put(w, pin->wrap.sealed, pin->wrap.sealed_len);
    }
}

static void put_container(writer *w, const st_container *container) {
    put_u32(w, container->id);
    put_text(w, container->name);
    for (int usage = ST_SIGNING; usage <= ST_ENCRYPTION; usage++) {
        const st_pair *pair = &container->pairs[usage];
        put_u8(w, (uint32_t)pair->kind);
        put_u32(w, pair->bits);
        put_bytes(w, &pair->public_key);
        put_bytes(w, &pair->private_key);
        put_bytes(w, &pair->certificate);
        put_bytes(w, &pair->attributes);
    }
}

static void put_file(writer *w, const st_file *file) {
    put_u32(w, file->id);
    put_text(w, file->name);
    put_u32(w, file->size);
    put_u32(w, file->read_rights);
    put_u32(w, file->write_rights);
    put_bytes(w, &file->content);
}

static void put_application(writer *w, const st_application *application) {
    put_u32(w, application->id);
    put_text(w, application->name);
    put_u32(w, application->create_rights);
    put_pin(w, &application->pins[ST_ADMIN]);
    put_pin(w, &application->pins[ST_USER]);
    put_u32(w, (uint32_t)application->container_count);
    for (size_t i = 0; i < application->container_count; i++) {
        put_container(w, &application->containers[i]);
    }
    put_u32(w, (uint32_t)application->file_count);
    for (size_t i = 0; i < application->file_count; i++) {
        put_file(w, &application->files[i]);
    }
    put_u32(w, (uint32_t)application->object_count);
    for (size_t i = 0; i < application->object_count; i++) {
        put_u32(w, application->objects[i].id);
        put_u8(w, application->objects[i].is_private);
        put_bytes(w, &application->objects[i].blob);
    }
}

enum st_status st_model_encode(const st_model *model, st_bytes *body) {
    writer w = {.status = ST_OK};
    put_text(&w, model->serial);
    put_text(&w, model->label);
    put_u32(&w, model->profile.total_space);
    put_u32(&w, model->profile.max_applications);
    put_u32(&w, model->profile.max_containers);
    put_u32(&w, model->profile.max_session_keys);
    put_u32(&w, model->profile.pin_tries);
    put_u32(&w, model->profile.pin_iterations);
    put_u32(&w, model->next_id);
    put(&w, model->device_key, sizeof model->device_key);
    put_u32(&w, (uint32_t)model->application_count);
    for (size_t i = 0; i < model->application_count; i++) {
        put_application(&w, &model->applications[i]);
    }
    if (w.status != ST_OK) {
        free(w.body.data);
        w.body = (st_bytes){NULL, 0};
    }
    *body = w.body;
    return w.status;
}

/* ---- reading ---------------------------------------------------------------------------- */

typedef struct reader {
    const uint8_t *at;
    size_t left;
    uint32_t next_id;      /* every id is below it */
    enum st_status status; /* the first error; what follows it reads zeros */
} reader;

static void refuse_unless(reader *r, int holds) {
    if (!holds && r->status == ST_OK) {
        r->status = ST_ERR_DAMAGED;
    }
}

static void get(reader *r, void *out, size_t len) {
    refuse_unless(r, len <= r->left);
    if (r->status != ST_OK) {
        zero_bytes(out, len);
        return;
    }
    copy_bytes(out, r->at, len);
    r->at += len;
    r->left -= len;
}

/* A number from least to most. */
static uint32_t get_u8(reader *r, uint32_t least, uint32_t most) {
    uint8_t byte = 0;
    get(r, &byte, 1);
    refuse_unless(r, byte >= least && byte <= most);
    return r->status == ST_OK ? byte : 0;
}

static uint32_t get_u32(reader *r, uint32_t least, uint32_t most) {
    uint8_t bytes[4];
    get(r, bytes, sizeof bytes);
    uint32_t value = load_be32(bytes);
    refuse_unless(r, value >= least && value <= most);
    return r->status == ST_OK ? value : 0;
}

/* An id above the one before it in its array. */
static uint32_t get_id(reader *r, uint32_t before) {
    uint32_t id = get_u32(r, 1, UINT32_MAX);
    refuse_unless(r, id > before && id < r->next_id);
    return id;
}

static void get_text(reader *r, char *text, size_t max) {
    uint32_t len = get_u8(r, 1, (uint32_t)max);
    get(r, text, len);
    text[len] = 0;
    refuse_unless(r, strlen(text) == len && st_name_is_valid(text, max));
}

static void get_bytes(reader *r, st_bytes *bytes, uint32_t max) {
    uint32_t len = get_u32(r, 0, max);
    refuse_unless(r, len <= r->left);
    if (r->status == ST_OK) {
        r->status = st_bytes_set(bytes, r->at, len);
        r->at += len;
        r->left -= len;
    }
}

static void get_pin(reader *r, st_pin *pin, size_t keys_len) {
    pin->max_tries = get_u8(r, 1, ST_TRIES_MAX);
    pin->tries_left = get_u8(r, 0, pin->max_tries);
    pin->is_default = (uint8_t)get_u8(r, 0, 1);
    pin->wrap.iterations = get_u32(r, 0, ST_ITERATIONS_MAX);
    if (pin->wrap.iterations != 0) {
        uint32_t sealed_len = (uint32_t)keys_len + ST_SEAL_OVERHEAD;
        get(r, pin->wrap.salt, sizeof pin->wrap.salt);
        pin->wrap.sealed_len = get_u8(r, sealed_len, sealed_len);
        get(r, pin->wrap.sealed, pin->wrap.sealed_len);
    }
}

/* What a public key must be long for its kind and size; 0 for what no key has. */
static size_t public_key_len(int kind, uint32_t bits) {
    if (kind == ST_SM2) {
        return bits == 256 ? 64 : 0;
    }
    return kind == ST_RSA && (bits == 1024 || bits == 2048) ? bits / 8 + ST_RSA_EXPONENT_LEN : 0;
}

static void get_pair(reader *r, st_pair *pair) {
    pair->kind = (int)get_u8(r, ST_NO_KEY, ST_SM2);
    pair->bits = get_u32(r, 0, UINT32_MAX);
    get_bytes(r, &pair->public_key, ST_RSA_PRIVATE_MAX_LEN + ST_RSA_EXPONENT_LEN);
    get_bytes(r, &pair->private_key, ST_PRIVATE_KEY_MAX + ST_SEAL_OVERHEAD);
    get_bytes(r, &pair->certificate, ST_CERTIFICATE_MAX);
    get_bytes(r, &pair->attributes, ST_BLOB_MAX);
    if (pair->kind == ST_NO_KEY) {
        refuse_unless(r, pair->bits == 0 && pair->public_key.len == 0 && pair->private_key.len == 0);
    } else {
        size_t len = public_key_len(pair->kind, pair->bits);
        refuse_unless(r, len != 0 && pair->public_key.len == len && pair->private_key.len > ST_SEAL_OVERHEAD);
    }
}

static void get_containers(reader *r, st_model *model, st_application *application) {
    uint32_t count = get_u32(r, 0, model->profile.max_containers);
    uint32_t before = 0;
    for (uint32_t i = 0; i < count && r->status == ST_OK; i++) {
        st_container *container;
        r->status = st_model_add_container(model, application, &container);
        if (r->status != ST_OK) {
            return;
        }
        container->id = before = get_id(r, before);
        get_text(r, container->name, ST_NAME_MAX);
        get_pair(r, &container->pairs[ST_SIGNING]);
        get_pair(r, &container->pairs[ST_ENCRYPTION]);
    }
}

static void get_files(reader *r, st_model *model, st_application *application) {
    uint32_t count = get_u32(r, 0, ST_FILES_MAX);
    uint32_t before = 0;
    for (uint32_t i = 0; i < count && r->status == ST_OK; i++) {
        st_file *file;
        r->status = st_model_add_file(model, application, &file);
        if (r->status != ST_OK) {
            return;
        }
        file->id = before = get_id(r, before);
        get_text(r, file->name, ST_FILE_NAME_MAX);
        file->size = get_u32(r, 0, model->profile.total_space);
        file->read_rights = get_u32(r, 0, ST_BY_ANYONE);
        file->write_rights = get_u32(r, 0, ST_BY_ANYONE);
        get_bytes(r, &file->content, file->size + ST_SEAL_OVERHEAD);
        size_t len = file->content.len;
        refuse_unless(r, len == 0 || len == file->size || len == (size_t)file->size + ST_SEAL_OVERHEAD);
    }
}

static void get_objects(reader *r, st_model *model, st_application *application) {
    uint32_t count = get_u32(r, 0, ST_OBJECTS_MAX);
    uint32_t before = 0;
    for (uint32_t i = 0; i < count && r->status == ST_OK; i++) {
        st_object *object;
        r->status = st_model_add_object(model, application, &object);
        if (r->status != ST_OK) {
            return;
        }
        object->id = before = get_id(r, before);
        object->is_private = (uint8_t)get_u8(r, 0, 1);
        get_bytes(r, &object->blob, ST_BLOB_MAX + (object->is_private ? ST_SEAL_OVERHEAD : 0));
        refuse_unless(r, !object->is_private || object->blob.len >= ST_SEAL_OVERHEAD);
    }
}

static void get_applications(reader *r, st_model *model) {
    uint32_t count = get_u32(r, 0, model->profile.max_applications);
    uint32_t before = 0;
    for (uint32_t i = 0; i < count && r->status == ST_OK; i++) {
        st_application *application;
        r->status = st_model_add_application(model, &application);
        if (r->status != ST_OK) {
            return;
        }
        application->id = before = get_id(r, before);
        get_text(r, application->name, ST_APPLICATION_NAME_MAX);
        application->create_rights = get_u32(r, 0, ST_BY_ANYONE);
        get_pin(r, &application->pins[ST_ADMIN], 2 * ST_STORE_KEY_LEN);
        get_pin(r, &application->pins[ST_USER], ST_STORE_KEY_LEN);
        get_containers(r, model, application);
        get_files(r, model, application);
        get_objects(r, model, application);
    }
}

enum st_status st_model_decode(st_model **model, const uint8_t *body, size_t len) {
    *model = NULL;
    st_model *read = st_model_new();
    if (read == NULL) {
        return ST_ERR_MEMORY;
    }
    reader r = {.at = body, .left = len, .status = len <= ST_BODY_MAX ? ST_OK : ST_ERR_DAMAGED};
    get_text(&r, read->serial, ST_SERIAL_MAX);
    refuse_unless(&r, st_serial_is_valid(read->serial));
    get_text(&r, read->label, ST_LABEL_MAX);
    read->profile.total_space = get_u32(&r, 0, ST_TOTAL_SPACE_MAX);
    read->profile.max_applications = get_u32(&r, 1, ST_APPLICATIONS_MAX);
    read->profile.max_containers = get_u32(&r, 1, ST_CONTAINERS_MAX);
    read->profile.max_session_keys = get_u32(&r, 1, ST_SESSION_KEYS_MAX);
    read->profile.pin_tries = get_u32(&r, 1, ST_TRIES_MAX);
    read->profile.pin_iterations = get_u32(&r, 1, ST_ITERATIONS_MAX);
    r.next_id = get_u32(&r, 1, UINT32_MAX);
    get(&r, read->device_key, sizeof read->device_key);
    get_applications(&r, read);
    refuse_unless(&r, r.left == 0);
    if (r.status != ST_OK) {
        st_model_free(read);
        return r.status;
    }
    read->next_id = r.next_id;
    *model = read;
    return ST_OK;
}
