/* A cryptographic operation of a session, from its init to its end. */
#ifndef GMPKI_SOFTTOKEN_P11_OPERATION_H
#define GMPKI_SOFTTOKEN_P11_OPERATION_H

#include "softtoken/p11_mechanism.h"
#include "softtoken/p11_object.h"

struct st_p11_operation {
    const st_p11_mechanism *mechanism;
    int function;             /* enum st_p11_function */
    CK_OBJECT_HANDLE key;     /* a private key is looked up when it is used */
    st_public_key public_key; /* of an RSA or SM2 key, also of a private one */
    int updated;              /* a part was given: the one-shot function comes too late */
    st_cipher *cipher;
    st_digest *digest;
    st_hmac *hmac;
    st_mac *mac;
    size_t mac_len; /* how much of an HMAC is wanted */
    uint64_t left;  /* bytes until a counter would begin anew; UINT64_MAX without one */
    st_pss pss;
    st_oaep oaep;
    uint8_t *label; /* of OAEP */
};

/* Which use of which key an operation is. */
typedef struct st_p11_purpose {
    int function;                 /* enum st_p11_function */
    CK_FLAGS flag;                /* that the mechanism must have */
    CK_ATTRIBUTE_TYPE permission; /* that the key must have; CK_UNAVAILABLE_INFORMATION for digests */
} st_p11_purpose;

extern const st_p11_purpose st_p11_purposes[ST_P11_FUNCTION_COUNT];

/* Start one outside the table of the session: wrapping and unwrapping. */
CK_RV st_p11_operation_new(const st_p11_session *session, const st_p11_purpose *purpose, const CK_MECHANISM *mechanism,
                           CK_OBJECT_HANDLE key, st_p11_operation **operation);
void st_p11_operation_free(st_p11_operation *operation);

/* The whole of an init function: start one of the session's five. CKR_OPERATION_ACTIVE. */
CK_RV st_p11_operation_begin(CK_SESSION_HANDLE handle, int function, const CK_MECHANISM *mechanism,
                             CK_OBJECT_HANDLE key);
/* The running one. CKR_OPERATION_NOT_INITIALIZED. */
CK_RV st_p11_operation_running(const st_p11_session *session, int function, st_p11_operation **operation);
/* Enter a session where one is running, as st_p11_enter_session does. CKR_OPERATION_NOT_INITIALIZED. */
CK_RV st_p11_enter_operation(CK_SESSION_HANDLE handle, int function, st_p11_session **session,
                             st_p11_operation **operation);
/* For the one-shot functions, which come too late once a part was given: CKR_OPERATION_ACTIVE. */
CK_RV st_p11_enter_whole(CK_SESSION_HANDLE handle, int function, st_p11_session **session,
                         st_p11_operation **operation);
void st_p11_operation_end(st_p11_session *session, int function);
/* End it unless the answer leaves it running: a size was asked (out NULL), or the buffer was too small. */
CK_RV st_p11_operation_finish(st_p11_session *session, int function, const void *out, CK_RV rv);

/* ---- parameters (p11_parameters.c) ------------------------------------------------------- */

/* What a mechanism's parameter says, checked. CKR_MECHANISM_PARAM_INVALID. */
typedef struct st_p11_parameters {
    const uint8_t *iv; /* or the user id, or the label */
    size_t iv_len;
    uint64_t counter_left;
    size_t mac_len;
    st_pss pss;
    st_oaep oaep;
} st_p11_parameters;

CK_RV st_p11_read_parameters(st_p11_parameters *read, const st_p11_mechanism *mechanism, const CK_MECHANISM *given);

/* ---- encryption in one call (p11_crypt.c) ------------------------------------------------ */

/* *out_len: room in, length out; out NULL asks for the length. CKR_BUFFER_TOO_SMALL leaves the operation as it was. */
CK_RV st_p11_crypt(const st_p11_session *session, st_p11_operation *operation, const uint8_t *in, size_t in_len,
                   uint8_t *out, size_t *out_len);

/* Give a result that is at hand: its length, or as much as fits. */
CK_RV st_p11_give(const uint8_t *result, size_t len, CK_BYTE *out, CK_ULONG *out_len);

#endif /* GMPKI_SOFTTOKEN_P11_OPERATION_H */
