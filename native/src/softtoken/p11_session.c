/* Sessions: the table, C_OpenSession, C_CloseSession, C_CloseAllSessions, C_GetSessionInfo, C_SessionCancel. */
#include <stdlib.h>
#include <string.h>

#include "softtoken/p11.h"
#include "softtoken/p11_object.h"
#include "softtoken/p11_operation.h"

/* A handle is a number of its own for each session, times the size of the table, plus the place in it. */
static st_p11_session sessions[ST_P11_SESSIONS_MAX];
static CK_ULONG opened;

st_p11_session *st_p11_session_find(CK_SESSION_HANDLE handle) {
    st_p11_session *session = &sessions[handle % ST_P11_SESSIONS_MAX];
    return handle != CK_INVALID_HANDLE && session->handle == handle ? session : NULL;
}

void st_p11_search_end(st_p11_session *session) {
    free(session->found);
    session->found = NULL;
    session->found_count = session->found_next = 0;
}

void st_p11_session_close(st_p11_session *session) {
    st_p11_slot *slot = session->slot;
    for (int i = 0; i < ST_P11_FUNCTION_COUNT; i++) {
        st_p11_operation_end(session, i);
    }
    st_p11_search_end(session);
    st_p11_session_objects_free(slot, session->handle);
    slot->sessions--;
    slot->rw_sessions -= (session->flags & CKF_RW_SESSION) != 0;
    memset(session, 0, sizeof *session);
    if (slot->sessions == 0) { /* the last one: nobody stays logged in (2.40, 5.6) */
        if (slot->device != NULL && slot->login != ST_P11_NOBODY) {
            (void)st_p11_status(st_logout(slot->device, slot->application));
        }
        slot->login = ST_P11_NOBODY;
        st_p11_objects_free(slot);
        st_p11_slot_close(slot);
    }
}

void st_p11_sessions_close(const st_p11_slot *slot) {
    for (size_t i = 0; i < ST_P11_SESSIONS_MAX; i++) {
        if (sessions[i].handle != 0 && sessions[i].slot == slot) {
            st_p11_session_close(&sessions[i]);
        }
    }
}

void st_p11_logged_out(st_p11_slot *slot) {
    slot->login = ST_P11_NOBODY;
    st_p11_private_objects_free(slot);
    for (size_t i = 0; i < ST_P11_SESSIONS_MAX; i++) {
        if (sessions[i].handle == 0 || sessions[i].slot != slot) {
            continue;
        }
        /* What runs with a private object ends with it; a digest has none. */
        for (int function = 0; function < ST_P11_FUNCTION_COUNT; function++) {
            if (function != ST_P11_DIGEST) {
                st_p11_operation_end(&sessions[i], function);
            }
        }
        st_p11_search_end(&sessions[i]);
    }
}

void st_p11_login_check(st_p11_slot *slot) {
    unsigned roles;
    if (slot->login == ST_P11_NOBODY || st_login_state(slot->device, slot->application, &roles) != ST_OK) {
        return;
    }
    unsigned role = slot->login == CKU_SO ? 1u << ST_ADMIN : 1u << ST_USER;
    if ((roles & role) == 0) {
        st_p11_logged_out(slot);
    }
}

/* ---- the functions ----------------------------------------------------------------------- */

static CK_RV open_session(CK_SLOT_ID id, CK_FLAGS flags, CK_SESSION_HANDLE *handle) {
    st_p11_slot *slot;
    if (handle == NULL || (flags & ~(CKF_SERIAL_SESSION | CKF_RW_SESSION)) != 0) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_slot_find(id, &slot);
    if (rv != CKR_OK) {
        return rv;
    }
    if ((flags & CKF_SERIAL_SESSION) == 0) {
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    }
    if (!slot->initialized) {
        return CKR_TOKEN_NOT_RECOGNIZED;
    }
    if (slot->login == CKU_SO && (flags & CKF_RW_SESSION) == 0) {
        return CKR_SESSION_READ_WRITE_SO_EXISTS;
    }
    rv = st_p11_slot_open(slot);
    if (rv != CKR_OK) {
        return rv;
    }
    for (size_t i = 0; i < ST_P11_SESSIONS_MAX; i++) {
        if (sessions[i].handle == 0) {
            *handle = sessions[i].handle = ++opened * ST_P11_SESSIONS_MAX + i;
            sessions[i].slot = slot;
            sessions[i].flags = flags;
            slot->sessions++;
            slot->rw_sessions += (flags & CKF_RW_SESSION) != 0;
            return CKR_OK;
        }
    }
    return CKR_SESSION_COUNT;
}

/* pApplication and Notify serve callbacks that this module never makes. */
CK_RV C_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, void *pApplication, CK_FN_NOTIFY *Notify,
                    CK_SESSION_HANDLE *phSession) {
    (void)pApplication;
    (void)Notify;
    CK_RV rv = st_p11_enter();
    return rv == CKR_OK ? st_p11_leave(open_session(slotID, flags, phSession)) : rv;
}

CK_RV C_CloseSession(CK_SESSION_HANDLE hSession) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    st_p11_session_close(session);
    return st_p11_leave(CKR_OK);
}

CK_RV C_CloseAllSessions(CK_SLOT_ID slotID) {
    st_p11_slot *slot;
    CK_RV rv = st_p11_enter();
    if (rv != CKR_OK) {
        return rv;
    }
    rv = st_p11_slot_find(slotID, &slot);
    if (rv == CKR_OK) {
        st_p11_sessions_close(slot);
    }
    return st_p11_leave(rv);
}

static CK_STATE state_of(const st_p11_session *session) {
    int writes = (session->flags & CKF_RW_SESSION) != 0;
    switch (session->slot->login) {
    case CKU_SO:
        return CKS_RW_SO_FUNCTIONS;
    case CKU_USER:
        return writes ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
    default:
        return writes ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
    }
}

CK_RV C_GetSessionInfo(CK_SESSION_HANDLE hSession, CK_SESSION_INFO *pInfo) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    if (pInfo == NULL) {
        return st_p11_leave(CKR_ARGUMENTS_BAD);
    }
    *pInfo = (CK_SESSION_INFO){session->slot->id, state_of(session), session->flags, 0};
    return st_p11_leave(CKR_OK);
}

/* Operations cannot be saved: a saved state would carry keys or half-signed data out of the token. */
CK_RV C_GetOperationState(CK_SESSION_HANDLE hSession, CK_BYTE *pOperationState, CK_ULONG *pulOperationStateLen) {
    (void)pOperationState;
    (void)pulOperationStateLen;
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave(CKR_STATE_UNSAVEABLE) : rv;
}

CK_RV C_SetOperationState(CK_SESSION_HANDLE hSession, CK_BYTE *pOperationState, CK_ULONG ulOperationStateLen,
                          CK_OBJECT_HANDLE hEncryptionKey, CK_OBJECT_HANDLE hAuthenticationKey) {
    (void)pOperationState;
    (void)ulOperationStateLen;
    (void)hEncryptionKey;
    (void)hAuthenticationKey;
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave(CKR_SAVED_STATE_INVALID) : rv;
}
