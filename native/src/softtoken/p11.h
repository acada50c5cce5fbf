/*
 * The PKCS#11 front door: what its files share. One token is one application of a device; beside them each device with
 * room has one slot with a token that is not yet initialised.
 *
 * One lock guards the module, as a token does one thing at a time. Handles are numbers that are looked up, never
 * addresses. An exported function is st_p11_enter (or st_p11_enter_session), its work, and st_p11_leave.
 */
#ifndef GMPKI_SOFTTOKEN_P11_H
#define GMPKI_SOFTTOKEN_P11_H

#include "gmpki/pkcs11.h"
#include "softtoken/engine.h"

typedef struct st_p11_object st_p11_object;
typedef struct st_p11_operation st_p11_operation;

enum {
    ST_P11_SESSIONS_MAX = 1024,       /* of the module */
    ST_P11_SESSION_OBJECTS_MAX = 4096 /* of the module */
};

/* Who has logged in: CKU_SO, CKU_USER or nobody. */
#define ST_P11_NOBODY ((CK_USER_TYPE) - 1)

typedef struct st_p11_slot {
    CK_SLOT_ID id;
    char serial[ST_SERIAL_MAX + 1];
    int initialized;      /* application names a token */
    uint32_t application; /* of the engine */
    st_device *device;    /* open while the token is in use; NULL otherwise */
    CK_USER_TYPE login;
    CK_ULONG sessions, rw_sessions;
    int present;     /* when it was last looked at */
    int was_present; /* the time before */
    int loaded;      /* objects shows the state of this generation and login */
    CK_USER_TYPE loaded_login;
    uint64_t generation;
    st_p11_object *objects; /* of the token and of sessions */
    struct st_p11_slot *next;
} st_p11_slot;

/* The operations that a session can run at once. */
enum st_p11_function {
    ST_P11_ENCRYPT,
    ST_P11_DECRYPT,
    ST_P11_DIGEST,
    ST_P11_SIGN,
    ST_P11_VERIFY,
    ST_P11_FUNCTION_COUNT
};

typedef struct st_p11_session {
    CK_SESSION_HANDLE handle; /* 0: free */
    st_p11_slot *slot;
    CK_FLAGS flags;
    st_p11_operation *operations[ST_P11_FUNCTION_COUNT];
    CK_OBJECT_HANDLE *found; /* a search; NULL while there is none */
    size_t found_count, found_next;
} st_p11_session;

/* ---- the module (p11_state.c) ------------------------------------------------------------ */

/* Take the lock. CKR_CRYPTOKI_NOT_INITIALIZED, also in a child that was forked after C_Initialize. */
CK_RV st_p11_enter(void);
/* Take the lock and find the session. CKR_SESSION_HANDLE_INVALID. */
CK_RV st_p11_enter_session(CK_SESSION_HANDLE handle, st_p11_session **session);
/* Release the lock and answer rv. A token that has gone takes its sessions along. */
CK_RV st_p11_leave(CK_RV rv);
CK_RV st_p11_leave_session(st_p11_session *session, CK_RV rv);

/* What the engine and the cryptography answer, in the terms of PKCS#11. */
CK_RV st_p11_status(enum st_status status);

/* ---- slots (p11_slot.c) ------------------------------------------------------------------ */

/* Look for devices and applications; slots are added, never removed. */
CK_RV st_p11_slots_refresh(void);
/* CKR_SLOT_ID_INVALID. */
CK_RV st_p11_slot_find(CK_SLOT_ID id, st_p11_slot **slot);
/* Open the device of a slot. CKR_TOKEN_NOT_PRESENT. */
CK_RV st_p11_slot_open(st_p11_slot *slot);
void st_p11_slot_close(st_p11_slot *slot);
/* Forget what hangs on a token: sessions, objects, the login. */
void st_p11_slot_reset(st_p11_slot *slot);
void st_p11_slots_free(void);

/* ---- sessions (p11_session.c) ------------------------------------------------------------ */

/* NULL when there is none. */
st_p11_session *st_p11_session_find(CK_SESSION_HANDLE handle);
void st_p11_session_close(st_p11_session *session);
void st_p11_sessions_close(const st_p11_slot *slot);
void st_p11_search_end(st_p11_session *session);

/* Nobody is logged in any more: private objects go. */
void st_p11_logged_out(st_p11_slot *slot);
/* The engine ends a login when somebody else changes the PIN (engine.h): follow it. */
void st_p11_login_check(st_p11_slot *slot);

#endif /* GMPKI_SOFTTOKEN_P11_H */
