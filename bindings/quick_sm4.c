/*
 * quick_sm4.c: SM4 of one message in the module gmpki._quick. Its rules are those of quick.c: exact bytes, and None for
 * whatever is not plain; plaintext of a call that failed is overwritten before its memory goes.
 */
#include "quick.h"

#include <string.h>

#include "gmpki/sm4.h"

enum {
    /* What is refused is refused twice, here and through CFFI: for longer messages that is more than what is saved. */
    MAX_LEN = 1 << 20,
    /* A plaintext whose length is known only in the end comes by way of the stack. */
    MAX_PADDED_LEN = 4096
};

/* A small number, of an int or an enumeration. */
static int number_of(int *number, PyObject *object) {
    long value;

    if (!PyLong_Check(object)) {
        return 0;
    }
    value = PyLong_AsLong(object);
    if (value < 0 || value > 255) {
        PyErr_Clear();
        return 0;
    }
    *number = (int)value;
    return 1;
}

static int fixed_view_of(quick_view *v, PyObject *object, size_t len) {
    return quick_view_of(v, object) && v->len == len;
}

static int data_of(quick_view *v, PyObject *object) {
    return quick_view_of(v, object) && v->len <= MAX_LEN;
}

/* As quick_or_none, of an output that may hold part of a plaintext. */
static PyObject *checked(PyObject *result, int status, uint8_t *out, size_t len) {
    if (status != GMPKI_OK) {
        gmpki_cleanse(out, len);
    }
    return quick_or_none(result, status);
}

/* What is to be done with one message in a mode that streams. */
typedef struct {
    int mode, direction, padding;
    quick_view key, iv, data;
} mode_job;

static int mode_whole(const mode_job *job, uint8_t *out, size_t size, size_t *len) {
    PyThreadState *state = quick_release(job->data.len);
    gmpki_sm4_ctx ctx;
    size_t first = 0, last = 0;
    int status;

    status = gmpki_sm4_init(&ctx, job->mode, job->direction, job->padding, job->key.data, job->iv.data, job->iv.len);
    if (status == GMPKI_OK) {
        status = gmpki_sm4_update(&ctx, out, size, &first, job->data.data, job->data.len);
        if (status == GMPKI_OK) {
            status = gmpki_sm4_final(&ctx, out + first, size - first, &last); /* which cleanses the context */
        } else {
            gmpki_sm4_clear(&ctx);
        }
    }
    quick_take_back(state);
    *len = first + last;
    return status;
}

static PyObject *mode_unpad(const mode_job *job) {
    uint8_t plain[MAX_PADDED_LEN];
    PyObject *result = NULL;
    size_t len;

    if (job->data.len > sizeof plain) {
        return quick_none();
    }
    if (mode_whole(job, plain, sizeof plain, &len) == GMPKI_OK) {
        result = PyBytes_FromStringAndSize((const char *)plain, (Py_ssize_t)len);
        PyErr_Clear();
    }
    gmpki_cleanse(plain, job->data.len);
    return result != NULL ? result : quick_none();
}

/* (direction, key, data, mode, iv or None, padding) */
PyObject *quick_sm4_crypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    mode_job job;
    PyObject *result;
    uint8_t *out;
    size_t size, len = 0;
    int status;

    (void)module;
    if (count != 6 || !number_of(&job.direction, arguments[0]) ||
        !fixed_view_of(&job.key, arguments[1], GMPKI_SM4_KEY_LEN) || !data_of(&job.data, arguments[2]) ||
        !number_of(&job.mode, arguments[3]) || !number_of(&job.padding, arguments[5])) {
        return quick_none();
    }
    job.iv.data = NULL;
    job.iv.len = 0;
    if (arguments[4] != Py_None && !fixed_view_of(&job.iv, arguments[4], GMPKI_SM4_BLOCK_LEN)) {
        return quick_none();
    }
    size = job.data.len;
    if (job.padding != GMPKI_SM4_NO_PADDING) {
        if (job.direction != GMPKI_SM4_ENCRYPT) {
            return mode_unpad(&job);
        }
        size += GMPKI_SM4_BLOCK_LEN - size % GMPKI_SM4_BLOCK_LEN;
    }
    result = quick_new_bytes(size, &out);
    if (result == NULL) {
        return quick_none();
    }
    status = mode_whole(&job, out, size, &len);
    return checked(result, status == GMPKI_OK && len != size ? GMPKI_ERR_LENGTH : status, out, size);
}

/* (direction, key, tweak, data, order) */
PyObject *quick_sm4_xts(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    quick_view key, tweak, data;
    PyThreadState *state;
    PyObject *result;
    uint8_t *out;
    int direction, order, status;

    (void)module;
    if (count != 5 || !number_of(&direction, arguments[0]) ||
        !fixed_view_of(&key, arguments[1], GMPKI_SM4_XTS_KEY_LEN) ||
        !fixed_view_of(&tweak, arguments[2], GMPKI_SM4_BLOCK_LEN) || !data_of(&data, arguments[3]) ||
        !number_of(&order, arguments[4])) {
        return quick_none();
    }
    result = quick_new_bytes(data.len, &out);
    if (result == NULL) {
        return quick_none();
    }
    state = quick_release(data.len);
    status = gmpki_sm4_xts(out, direction, order, key.data, tweak.data, data.data, data.len);
    quick_take_back(state);
    return checked(result, status, out, data.len);
}

/* (key, data, length of the MAC) */
PyObject *quick_sm4_cmac(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    quick_view key, data;
    PyThreadState *state;
    PyObject *result;
    uint8_t *mac;
    int mac_len, status;

    (void)module;
    if (count != 3 || !fixed_view_of(&key, arguments[0], GMPKI_SM4_KEY_LEN) || !data_of(&data, arguments[1]) ||
        !PyLong_CheckExact(arguments[2]) || !number_of(&mac_len, arguments[2])) {
        return quick_none();
    }
    result = quick_new_bytes((size_t)mac_len, &mac);
    if (result == NULL) {
        return quick_none();
    }
    state = quick_release(data.len);
    status = gmpki_sm4_cmac(mac, (size_t)mac_len, key.data, data.data, data.len);
    quick_take_back(state);
    return quick_or_none(result, status);
}

/* A key that an object keeps: a capsule over memory that is overwritten when it goes. */
static const char key_name[] = "gmpki._quick.sm4_key";

static void key_release(PyObject *capsule) {
    void *key = PyCapsule_GetPointer(capsule, key_name);

    if (key != NULL) {
        gmpki_cleanse(key, GMPKI_SM4_KEY_LEN);
        PyMem_Free(key);
    }
}

PyObject *quick_sm4_key(PyObject *module, PyObject *raw) {
    quick_view v;
    PyObject *capsule;
    void *key;

    (void)module;
    if (!fixed_view_of(&v, raw, GMPKI_SM4_KEY_LEN)) {
        return quick_none();
    }
    key = PyMem_Malloc(GMPKI_SM4_KEY_LEN);
    if (key == NULL) {
        return quick_none();
    }
    memcpy(key, v.data, GMPKI_SM4_KEY_LEN);
    capsule = PyCapsule_New(key, key_name, key_release);
    if (capsule == NULL) {
        PyErr_Clear();
        gmpki_cleanse(key, GMPKI_SM4_KEY_LEN);
        PyMem_Free(key);
        return quick_none();
    }
    return capsule;
}

/* What GCM and CCM take. */
typedef struct {
    const uint8_t *key;
    int tag_len;
    quick_view nonce, data, header;
} aead_job;

/* (key, length of the tag, nonce, data, associated data or None) */
static int aead_job_of(aead_job *job, PyObject *const *arguments, Py_ssize_t count) {
    if (count != 5 || !PyCapsule_IsValid(arguments[0], key_name) || !number_of(&job->tag_len, arguments[1]) ||
        !data_of(&job->nonce, arguments[2]) || !data_of(&job->data, arguments[3])) {
        return 0;
    }
    job->header.data = NULL;
    job->header.len = 0;
    if (arguments[4] != Py_None && !data_of(&job->header, arguments[4])) {
        return 0;
    }
    job->key = (const uint8_t *)PyCapsule_GetPointer(arguments[0], key_name);
    return 1;
}

/* As the core declares the two, and the compiler checks. */
typedef int aead_encrypt(uint8_t *, uint8_t *, size_t, const uint8_t *, const uint8_t *, size_t, const uint8_t *,
                         size_t, const uint8_t *, size_t);
typedef int aead_decrypt(uint8_t *, const uint8_t *, const uint8_t *, size_t, const uint8_t *, size_t, const uint8_t *,
                         size_t, const uint8_t *, size_t);

static PyObject *aead_seal(PyObject *const *arguments, Py_ssize_t count, aead_encrypt *encrypt) {
    aead_job job;
    PyThreadState *state;
    PyObject *result;
    uint8_t *out;
    size_t len, tag_len;
    int status;

    if (!aead_job_of(&job, arguments, count)) {
        return quick_none();
    }
    len = job.data.len;
    tag_len = (size_t)job.tag_len;
    result = quick_new_bytes(len + tag_len, &out);
    if (result == NULL) {
        return quick_none();
    }
    state = quick_release(len + job.header.len);
    status = encrypt(out, out + len, tag_len, job.key, job.nonce.data, job.nonce.len, job.header.data, job.header.len,
                     job.data.data, len);
    quick_take_back(state);
    return quick_or_none(result, status);
}

static PyObject *aead_open(PyObject *const *arguments, Py_ssize_t count, aead_decrypt *decrypt) {
    aead_job job;
    PyThreadState *state;
    PyObject *result;
    uint8_t *out;
    size_t len, tag_len;
    int status;

    if (!aead_job_of(&job, arguments, count) || job.data.len < (size_t)job.tag_len) {
        return quick_none();
    }
    tag_len = (size_t)job.tag_len;
    len = job.data.len - tag_len;
    result = quick_new_bytes(len, &out);
    if (result == NULL) {
        return quick_none();
    }
    state = quick_release(len + job.header.len);
    status = decrypt(out, job.key, job.nonce.data, job.nonce.len, job.header.data, job.header.len, job.data.data, len,
                     job.data.data + len, tag_len);
    quick_take_back(state);
    return checked(result, status, out, len);
}

PyObject *quick_sm4_gcm_encrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    return aead_seal(arguments, count, gmpki_sm4_gcm_encrypt);
}

PyObject *quick_sm4_gcm_decrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    return aead_open(arguments, count, gmpki_sm4_gcm_decrypt);
}

PyObject *quick_sm4_ccm_encrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    return aead_seal(arguments, count, gmpki_sm4_ccm_encrypt);
}

PyObject *quick_sm4_ccm_decrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    return aead_open(arguments, count, gmpki_sm4_ccm_decrypt);
}
