/*
 * quick.h: what the calls of the module gmpki._quick share: arguments, results, the interpreter's lock.
 */
#ifndef GMPKI_BINDINGS_QUICK_H
#define GMPKI_BINDINGS_QUICK_H

#include <Python.h>

#include "gmpki/common.h"

/* Up to so many bytes a hash or a cipher takes about as long as giving up the lock and waiting for it. */
enum { QUICK_KEEP_LOCK_LEN = 1024 };

/* One argument: where its bytes are. They stay there while the caller holds the object, and do not change. */
typedef struct {
    const uint8_t *data;
    size_t len;
} quick_view;

static inline int quick_view_of(quick_view *v, PyObject *object) {
    if (!PyBytes_CheckExact(object)) {
        return 0;
    }
    v->data = (const uint8_t *)PyBytes_AsString(object);
    v->len = (size_t)PyBytes_Size(object);
    return 1;
}

/* New bytes, not filled in. NULL without an exception where there is no memory: the way through CFFI says so. */
static inline PyObject *quick_new_bytes(size_t len, uint8_t **memory) {
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)len);
    if (bytes == NULL) {
        PyErr_Clear();
    } else {
        *memory = (uint8_t *)PyBytes_AsString(bytes);
    }
    return bytes;
}

static inline PyObject *quick_none(void) {
    Py_INCREF(Py_None);
    return Py_None;
}

static inline PyObject *quick_or_none(PyObject *result, int status) {
    if (status == GMPKI_OK) {
        return result;
    }
    Py_DECREF(result);
    return quick_none();
}

static inline PyThreadState *quick_release(size_t work_len) {
    return work_len > QUICK_KEEP_LOCK_LEN ? PyEval_SaveThread() : NULL;
}

static inline void quick_take_back(PyThreadState *state) {
    if (state != NULL) {
        PyEval_RestoreThread(state);
    }
}

/* A cast through void (*)(void), which says that the two kinds of function differ on purpose. */
#define QUICK_FAST(f) ((PyCFunction)(void (*)(void))(f))

/* quick_sm4.c */
PyObject *quick_sm4_crypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *quick_sm4_xts(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *quick_sm4_cmac(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *quick_sm4_key(PyObject *module, PyObject *raw);
PyObject *quick_sm4_gcm_encrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *quick_sm4_gcm_decrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *quick_sm4_ccm_encrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *quick_sm4_ccm_decrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count);

/* quick_crl.c */
PyObject *quick_crl_scan(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *quick_sorted_numbers(PyObject *module, PyObject *numbers);

#endif /* GMPKI_BINDINGS_QUICK_H */
