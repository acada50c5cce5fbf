/*
 * quick.c: the module gmpki._quick, in the same shared library as gmpki._native.
 *
 * Calls whose work is so short that what CFFI adds to each (a thread state saved, arguments looked up, an output
 * copied) would be the larger part. They take exact bytes and return bytes. Anything else, be it another kind of
 * buffer, an error or a module in its error state, is answered with None: the caller then goes through CFFI, which
 * knows every case and raises what there is to raise. So there is no second handling of errors here, and no signature:
 * those of native/include are used as the compiler checks them.
 *
 * The interpreter's lock is kept for as long as a few microseconds and released for longer work.
 */
#include "quick.h"

#include "gmpki/kdf.h"
#include "gmpki/sm2.h"
#include "gmpki/sm3.h"

/* SM3 of one message. */
static PyObject *quick_sm3(PyObject *module, PyObject *message) {
    quick_view m;
    uint8_t *digest;
    PyObject *result;
    PyThreadState *state;
    int status;

    (void)module;
    if (!quick_view_of(&m, message)) {
        Py_RETURN_NONE;
    }
    result = quick_new_bytes(GMPKI_SM3_DIGEST_LEN, &digest);
    if (result == NULL) {
        return quick_none();
    }
    state = quick_release(m.len);
    status = gmpki_sm3_hash(digest, m.data, m.len);
    quick_take_back(state);
    return quick_or_none(result, status);
}

/* SM3 of a message behind a prefix: e = SM3(ZA || message), without joining the two. */
static PyObject *quick_sm3_behind(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    quick_view prefix, m;
    uint8_t *digest;
    PyObject *result;
    PyThreadState *state;
    gmpki_sm3_ctx ctx;
    int status;

    (void)module;
    if (count != 2 || !quick_view_of(&prefix, arguments[0]) || !quick_view_of(&m, arguments[1])) {
        Py_RETURN_NONE;
    }
    result = quick_new_bytes(GMPKI_SM3_DIGEST_LEN, &digest);
    if (result == NULL) {
        return quick_none();
    }
    state = quick_release(m.len);
    status = gmpki_sm3_init(&ctx);
    if (status == GMPKI_OK) {
        status = gmpki_sm3_update(&ctx, prefix.data, prefix.len);
    }
    if (status == GMPKI_OK) {
        status = gmpki_sm3_update(&ctx, m.data, m.len);
    }
    if (status == GMPKI_OK) {
        status = gmpki_sm3_final(&ctx, digest); /* which cleanses the context */
    } else {
        gmpki_cleanse(&ctx, sizeof ctx);
    }
    quick_take_back(state);
    return quick_or_none(result, status);
}

/* HMAC-SM3 of one message under a key. */
static PyObject *quick_hmac(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    quick_view key, m;
    uint8_t *mac;
    PyObject *result;
    PyThreadState *state;
    int status;

    (void)module;
    if (count != 2 || !quick_view_of(&key, arguments[0]) || !quick_view_of(&m, arguments[1])) {
        Py_RETURN_NONE;
    }
    result = quick_new_bytes(GMPKI_SM3_DIGEST_LEN, &mac);
    if (result == NULL) {
        return quick_none();
    }
    state = quick_release(m.len > key.len ? m.len : key.len);
    status = gmpki_sm3_hmac(mac, key.data, key.len, m.data, m.len);
    quick_take_back(state);
    return quick_or_none(result, status);
}

/* What is computed of many messages: SM3 of each behind a prefix, or HMAC-SM3 under a key. */
typedef struct {
    int mac;
    quick_view key;
    gmpki_sm3_ctx prefix;
} batch_job;

/* So many messages in one call of the core. */
enum { PART = 256 };

typedef struct {
    const uint8_t *messages[PART];
    size_t lens[PART];
    uint8_t digests[PART * GMPKI_SM3_DIGEST_LEN];
} batch_part;

static int job_begin(batch_job *job, int mac, PyObject *prefix_or_key) {
    int status;

    job->mac = mac;
    if (!quick_view_of(&job->key, prefix_or_key)) {
        return GMPKI_ERR_ARGUMENT;
    }
    status = gmpki_sm3_init(&job->prefix);
    return mac || status ? status : gmpki_sm3_update(&job->prefix, job->key.data, job->key.len);
}

/* Compute one part of a tuple from start on, and put the results into the list. -1 with an exception set. */
static int job_part(const batch_job *job, batch_part *part, PyObject *list, PyObject *tuple, Py_ssize_t start) {
    Py_ssize_t remaining = PyTuple_Size(tuple) - start;
    size_t count = remaining < PART ? (size_t)remaining : PART, total = 0, i;
    PyThreadState *state;
    int status;

    for (i = 0; i < count; i++) {
        quick_view m;
        if (!quick_view_of(&m, PyTuple_GetItem(tuple, start + (Py_ssize_t)i))) {
            return GMPKI_ERR_ARGUMENT;
        }
        part->messages[i] = m.data;
        part->lens[i] = m.len;
        total += m.len;
    }
    state = quick_release(total);
    if (job->mac) {
        status = gmpki_sm3_hmac_batch(part->digests, job->key.data, job->key.len, part->messages, part->lens, count);
    } else {
        status = gmpki_sm3_batch(part->digests, &job->prefix, part->messages, part->lens, count);
    }
    quick_take_back(state);
    for (i = 0; status == GMPKI_OK && i < count; i++) {
        const char *digest = (const char *)part->digests + GMPKI_SM3_DIGEST_LEN * i;
        PyObject *bytes = PyBytes_FromStringAndSize(digest, GMPKI_SM3_DIGEST_LEN);
        if (bytes == NULL || PyList_SetItem(list, start + (Py_ssize_t)i, bytes) < 0) {
            status = -1;
        }
    }
    return status;
}

/* A tuple of messages, and a prefix or a key; a list of digests or MACs in return. */
static PyObject *batch(PyObject *const *arguments, Py_ssize_t count, int mac) {
    batch_job job;
    batch_part part;
    PyObject *list;
    Py_ssize_t start, total;
    int status;

    if (count != 2 || !PyTuple_CheckExact(arguments[0])) {
        Py_RETURN_NONE;
    }
    total = PyTuple_Size(arguments[0]);
    list = PyList_New(total);
    if (list == NULL) {
        return NULL;
    }
    status = job_begin(&job, mac, arguments[1]);
    for (start = 0; status == GMPKI_OK && start < total; start += PART) {
        status = job_part(&job, &part, list, arguments[0], start);
    }
    gmpki_cleanse(&job, sizeof job);
    gmpki_cleanse(part.digests, sizeof part.digests);
    if (PyErr_Occurred() != NULL) {
        Py_DECREF(list);
        return NULL;
    }
    return quick_or_none(list, status);
}

static PyObject *quick_sm3_batch(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    return batch(arguments, count, 0);
}

static PyObject *quick_hmac_batch(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    return batch(arguments, count, 1);
}

/* A signature of 64 bytes as DER. */
static PyObject *quick_signature_to_der(PyObject *module, PyObject *signature) {
    uint8_t der[GMPKI_SM2_SIGNATURE_DER_MAX_LEN];
    size_t der_len = 0;
    quick_view s;

    (void)module;
    if (!quick_view_of(&s, signature) || s.len != GMPKI_SM2_SIGNATURE_LEN ||
        gmpki_sm2_signature_to_der(der, sizeof der, &der_len, s.data) != GMPKI_OK) {
        Py_RETURN_NONE;
    }
    return PyBytes_FromStringAndSize((const char *)der, (Py_ssize_t)der_len);
}

/* The reverse; empty for what is not strict DER. */
static PyObject *quick_signature_from_der(PyObject *module, PyObject *der) {
    uint8_t *signature;
    PyObject *result;
    quick_view d;
    int status;

    (void)module;
    if (!quick_view_of(&d, der)) {
        Py_RETURN_NONE;
    }
    result = quick_new_bytes(GMPKI_SM2_SIGNATURE_LEN, &signature);
    if (result == NULL) {
        return quick_none();
    }
    status = gmpki_sm2_signature_from_der(signature, d.data, d.len);
    if (status == GMPKI_ERR_ENCODING || status == GMPKI_ERR_LENGTH) {
        Py_DECREF(result);
        return PyBytes_FromStringAndSize("", 0);
    }
    return quick_or_none(result, status);
}

static PyMethodDef methods[] = {
    {"sm3", quick_sm3, METH_O, NULL},
    {"sm3_behind", QUICK_FAST(quick_sm3_behind), METH_FASTCALL, NULL},
    {"hmac", QUICK_FAST(quick_hmac), METH_FASTCALL, NULL},
    {"sm3_batch", QUICK_FAST(quick_sm3_batch), METH_FASTCALL, NULL},
    {"hmac_batch", QUICK_FAST(quick_hmac_batch), METH_FASTCALL, NULL},
    {"signature_to_der", quick_signature_to_der, METH_O, NULL},
    {"signature_from_der", quick_signature_from_der, METH_O, NULL},
    {"sm4_crypt", QUICK_FAST(quick_sm4_crypt), METH_FASTCALL, NULL},
    {"sm4_xts", QUICK_FAST(quick_sm4_xts), METH_FASTCALL, NULL},
    {"sm4_cmac", QUICK_FAST(quick_sm4_cmac), METH_FASTCALL, NULL},
    {"sm4_key", quick_sm4_key, METH_O, NULL},
    {"sm4_gcm_encrypt", QUICK_FAST(quick_sm4_gcm_encrypt), METH_FASTCALL, NULL},
    {"sm4_gcm_decrypt", QUICK_FAST(quick_sm4_gcm_decrypt), METH_FASTCALL, NULL},
    {"sm4_ccm_encrypt", QUICK_FAST(quick_sm4_ccm_encrypt), METH_FASTCALL, NULL},
    {"sm4_ccm_decrypt", QUICK_FAST(quick_sm4_ccm_decrypt), METH_FASTCALL, NULL},
    {"crl_scan", QUICK_FAST(quick_crl_scan), METH_FASTCALL, NULL},
    {"sorted_numbers", quick_sorted_numbers, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "gmpki._quick", NULL, 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__quick(void);

PyMODINIT_FUNC PyInit__quick(void) {
    return PyModuleDef_Init(&definition);
}
