/*
 * The state of a device in memory: what the file `token` holds (store.h), decoded.
 *
 * Everything secret stands here sealed (sealed.h): a model as a whole may be written to disk as it is. Applications,
 * containers, files and objects have ids from one counter, which never goes back: an id that was given out once never
 * names anything else.
 *
 * A pointer to a member of an array is good until something is added to or removed from that array.
 */
#ifndef GMPKI_SOFTTOKEN_MODEL_H
#define GMPKI_SOFTTOKEN_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "softtoken/engine.h"

enum {
    ST_APPLICATIONS_MAX = 64, /* bounds of what a device may be set to have; the codec refuses more */
    ST_CONTAINERS_MAX = 64,   /* in an application */
    ST_SESSION_KEYS_MAX = 1024,
    ST_FILES_MAX = 256,    /* in an application */
    ST_OBJECTS_MAX = 1024, /* in an application */
    ST_TOTAL_SPACE_MAX = 4 << 20,
    ST_ITERATIONS_MAX = 50000000,
    ST_SALT_LEN = 16,
    ST_STORE_KEY_LEN = 16,    /* SM4-128: the device's, an application's user key, its admin key */
    ST_SEAL_OVERHEAD = 28,    /* nonce of 12 bytes before, tag of 16 bytes behind the ciphertext */
    ST_WRAPPED_KEYS_MAX = 32, /* what a PIN wraps: the user key, or the user key and the admin key */
    ST_PRIVATE_KEY_MAX = 2048 /* a private key as the engine encodes it, before it is sealed */
};

/* Bytes on the heap. data is NULL exactly when len is 0. */
typedef struct st_bytes {
    uint8_t *data;
    size_t len;
} st_bytes;

/* Keys sealed under a PIN. */
typedef struct st_wrap {
    uint32_t iterations; /* 0: there is no PIN yet */
    uint8_t salt[ST_SALT_LEN];
    uint32_t sealed_len;
    uint8_t sealed[ST_WRAPPED_KEYS_MAX + ST_SEAL_OVERHEAD];
} st_wrap;

typedef struct st_pin {
    uint32_t max_tries; /* 1 .. ST_TRIES_MAX */
    uint32_t tries_left;
    uint8_t is_default; /* still the one given when the application was made */
    st_wrap wrap;
} st_pin;

/* One usage of a container. A certificate may stand here without a key. */
typedef struct st_pair {
    int kind;             /* enum st_key_kind */
    uint32_t bits;        /* 256; 1024, 2048; 0 without a key */
    st_bytes public_key;  /* SM2: x, y (64 bytes); RSA: n (bits / 8 bytes), e (4 bytes), big endian */
    st_bytes private_key; /* sealed under the user key; as the engine encodes it */
    st_bytes certificate;
    st_bytes attributes; /* opaque */
} st_pair;

typedef struct st_container {
    uint32_t id;
    char name[ST_NAME_MAX + 1];
    st_pair pairs[2]; /* by enum st_usage */
} st_container;

typedef struct st_file {
    uint32_t id;
    char name[ST_FILE_NAME_MAX + 1];
    uint32_t size, read_rights, write_rights;
    st_bytes content; /* empty: never written, all zeros; else size bytes, sealed as rights.h says */
} st_file;

typedef struct st_object {
    uint32_t id;
    uint8_t is_private;
    st_bytes blob; /* sealed under the user key when private */
} st_object;

typedef struct st_application {
    uint32_t id;
    char name[ST_APPLICATION_NAME_MAX + 1];
    uint32_t create_rights;
    st_pin pins[2]; /* by enum st_role */
    st_container *containers;
    size_t container_count;
    st_file *files;
    size_t file_count;
    st_object *objects;
    size_t object_count;
} st_application;

/* What is chosen when a device is made (settings.c) and never changes. */
typedef struct st_profile {
    uint32_t total_space, max_applications, max_containers, max_session_keys;
    uint32_t pin_tries;      /* for applications that name no number */
    uint32_t pin_iterations; /* of PBKDF2-HMAC-SM3 for every PIN */
} st_profile;

typedef struct st_model {
    uint64_t generation; /* one more with each save */
    char serial[ST_SERIAL_MAX + 1];
    char label[ST_LABEL_MAX + 1];
    st_profile profile;
    uint32_t next_id;
    uint8_t device_key[ST_STORE_KEY_LEN + ST_SEAL_OVERHEAD]; /* device authentication; sealed under the store's key */
    st_application *applications;
    size_t application_count;
} st_model;

/* ---- model.c: memory -------------------------------------------------------------------- */

/* Replace the content of bytes by a copy; data may be NULL where len is 0. ST_ERR_MEMORY, with the old content kept. */
ST_CHECKED enum st_status st_bytes_set(st_bytes *bytes, const uint8_t *data, size_t len);
/* Cleanse and free. */
void st_bytes_clear(st_bytes *bytes);

/* NULL when there is no memory. */
st_model *st_model_new(void);
void st_model_free(st_model *model);

/* Add a zeroed member with a new id at the end. ST_ERR_NO_ROOM (ST_ERR_TOO_MANY_CONTAINERS) where the device's profile
 * or the bounds above allow no more; ST_ERR_MEMORY. */
ST_CHECKED enum st_status st_model_add_application(st_model *model, st_application **application);
ST_CHECKED enum st_status st_model_add_container(st_model *model, st_application *application,
                                                 st_container **container);
ST_CHECKED enum st_status st_model_add_file(st_model *model, st_application *application, st_file **file);
ST_CHECKED enum st_status st_model_add_object(st_model *model, st_application *application, st_object **object);

/* Remove and free a member of the array. */
void st_model_remove_application(st_model *model, st_application *application);
void st_model_remove_container(st_application *application, st_container *container);
void st_model_remove_file(st_application *application, st_file *file);
void st_model_remove_object(st_application *application, st_object *object);
/* Remove every container, file and object. */
void st_model_empty_application(st_application *application);
/* Forget the key, certificate and attributes of a usage. */
void st_model_clear_pair(st_pair *pair);

/* NULL when there is none. */
st_application *st_model_application(const st_model *model, uint32_t id);
st_application *st_model_application_named(const st_model *model, const char *name);
st_container *st_model_container(const st_application *application, uint32_t id);
st_container *st_model_container_named(const st_application *application, const char *name);
st_file *st_model_file_named(const st_application *application, const char *name);
st_object *st_model_object(const st_application *application, uint32_t id);

/*
 * The space in use: the sizes of files as declared, and the bytes of keys, certificates, attributes and objects as they
 * are kept. Names, PINs and the records themselves cost the user nothing. It may pass total_space only in a model that
 * was changed and not yet saved: st_store_save refuses it.
 */
uint32_t st_model_used_space(const st_model *model);
/* Whether this many bytes more fit. */
int st_model_has_room(const st_model *model, size_t len);

/* ---- codec.c: the body of the file ------------------------------------------------------ */

/* Encode into new memory. ST_ERR_MEMORY, ST_ERR_NO_ROOM when it is longer than ST_BODY_MAX. */
enum { ST_BODY_MAX = 8 << 20 };
ST_CHECKED enum st_status st_model_encode(const st_model *model, st_bytes *body);
/* Decode strictly: ST_ERR_DAMAGED for whatever st_model_encode does not write, ST_ERR_MEMORY. */
ST_CHECKED enum st_status st_model_decode(st_model **model, const uint8_t *body, size_t len);

#endif /* GMPKI_SOFTTOKEN_MODEL_H */
