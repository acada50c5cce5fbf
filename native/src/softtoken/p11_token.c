/* Tokens and PINs: C_GetTokenInfo, C_InitToken, C_InitPIN, C_SetPIN, C_Login, C_Logout. */
#include <string.h>

#include "softtoken/p11.h"
#include "softtoken/p11_text.h"

enum { LABEL_LEN = 32, SERIAL_LEN = 16 };

/* ---- what a token is --------------------------------------------------------------------- */

/* The flags that tell how the tries of a PIN stand; each of the administrator's is 4 bits above the user's. */
static CK_FLAGS pin_flags(const st_pin_info *pin, unsigned shift) {
    CK_FLAGS flags = 0;
    if (pin->tries_left < pin->max_tries) {
        flags |= CKF_USER_PIN_COUNT_LOW;
    }
    if (pin->tries_left == 1) {
        flags |= CKF_USER_PIN_FINAL_TRY;
    }
    if (pin->tries_left == 0) {
        flags |= CKF_USER_PIN_LOCKED;
    }
    return flags << shift;
}

static CK_RV describe_application(st_p11_slot *slot, CK_TOKEN_INFO *info) {
    char name[ST_APPLICATION_NAME_MAX + 1];
    st_pin_info user, admin;
    enum st_status status = st_application_name(slot->device, slot->application, name);
    if (status == ST_OK) {
        status = st_pin_get_info(slot->device, slot->application, ST_USER, &user);
    }
    if (status == ST_OK) {
        status = st_pin_get_info(slot->device, slot->application, ST_ADMIN, &admin);
    }
    if (status != ST_OK) {
        return st_p11_status(status);
    }
    st_p11_blank_fill(info->label, sizeof info->label, name);
    info->flags |= CKF_TOKEN_INITIALIZED | pin_flags(&admin, 4);
    if (user.is_set) {
        info->flags |= CKF_USER_PIN_INITIALIZED | pin_flags(&user, 0);
    }
    return CKR_OK;
}

static CK_RV describe(st_p11_slot *slot, CK_TOKEN_INFO *info) {
    st_device_info device;
    CK_RV rv = st_p11_status(st_device_get_info(slot->device, &device));
    if (rv != CKR_OK) {
        return rv;
    }
    memset(info, 0, sizeof *info);
    /* The field is shorter than a serial number may be: its end tells devices apart. */
    size_t len = strlen(device.serial);
    st_p11_blank_fill(info->serialNumber, SERIAL_LEN, device.serial + (len > SERIAL_LEN ? len - SERIAL_LEN : 0));
    st_p11_blank_fill(info->label, LABEL_LEN, "");
    st_p11_blank_fill(info->manufacturerID, sizeof info->manufacturerID, ST_P11_MANUFACTURER);
    st_p11_blank_fill(info->model, sizeof info->model, "SOFTWARE TOKEN");
    st_p11_blank_fill(info->utcTime, sizeof info->utcTime, "");
    info->flags = CKF_RNG | CKF_LOGIN_REQUIRED;
    info->ulMaxSessionCount = info->ulMaxRwSessionCount = ST_P11_SESSIONS_MAX;
    info->ulSessionCount = slot->sessions;
    info->ulRwSessionCount = slot->rw_sessions;
    info->ulMinPinLen = ST_PIN_MIN;
    info->ulMaxPinLen = ST_PIN_MAX;
    info->ulTotalPublicMemory = info->ulTotalPrivateMemory = device.total_space;
    info->ulFreePublicMemory = info->ulFreePrivateMemory = device.free_space;
    info->hardwareVersion = (CK_VERSION){1, 0};
    info->firmwareVersion = st_p11_version();
    return slot->initialized ? describe_application(slot, info) : CKR_OK;
}

/* Find a slot and open its device, run work on it, and close the device again unless sessions need it. */
static CK_RV with_token(CK_SLOT_ID id, CK_RV (*work)(st_p11_slot *slot, void *context), void *context) {
    st_p11_slot *slot;
    CK_RV rv = st_p11_slot_find(id, &slot);
    if (rv == CKR_OK) {
        rv = st_p11_slot_open(slot);
    }
    if (rv != CKR_OK) {
        return rv;
    }
    rv = work(slot, context);
    if (rv == CKR_DEVICE_REMOVED) {
        st_p11_slot_reset(slot);
        return CKR_TOKEN_NOT_PRESENT;
    }
    if (slot->sessions == 0) {
        st_p11_slot_close(slot);
    }
    return rv;
}

static CK_RV describe_into(st_p11_slot *slot, void *context) {
    return describe(slot, context);
}

CK_RV C_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo) {
    CK_RV rv = st_p11_enter();
    if (rv != CKR_OK) {
        return rv;
    }
    return st_p11_leave(pInfo == NULL ? CKR_ARGUMENTS_BAD : with_token(slotID, describe_into, pInfo));
}

/* ---- PINs -------------------------------------------------------------------------------- */

/* A PIN as the engine takes it. The caller cleanses it. */
static CK_RV read_pin(char pin[ST_PIN_MAX + 1], const CK_UTF8CHAR *text, CK_ULONG len) {
    memset(pin, 0, ST_PIN_MAX + 1);
    if (text == NULL) {
        return CKR_ARGUMENTS_BAD; /* there is no other way to enter it */
    }
    if (len > ST_PIN_MAX) {
        return CKR_PIN_LEN_RANGE;
    }
    if (memchr(text, 0, len) != NULL) {
        return CKR_PIN_INVALID;
    }
    memcpy(pin, text, len);
    return CKR_OK;
}

/* A PIN that cannot be one is a wrong one, where it is only compared. */
static CK_RV compared(CK_RV rv) {
    return rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID ? CKR_PIN_INCORRECT : rv;
}

typedef struct initialization {
    char pin[ST_PIN_MAX + 1];
    char name[LABEL_LEN + 1];
} initialization;

/* Make an application of a free token, or empty the one there is; its administrator's PIN stays. */
static CK_RV initialize(st_p11_slot *slot, void *context) {
    const initialization *wanted = context;
    uint32_t tries_left;
    if (slot->sessions != 0) {
        return CKR_SESSION_EXISTS;
    }
    if (slot->initialized) {
        return compared(st_p11_status(
            st_application_format(slot->device, slot->application, wanted->name, wanted->pin, &tries_left)));
    }
    CK_RV rv = st_p11_status(
        st_application_create(slot->device, wanted->name, wanted->pin, 0, NULL, 0, ST_BY_USER, 1, &slot->application));
    slot->initialized = rv == CKR_OK;
    return rv;
}

CK_RV C_InitToken(CK_SLOT_ID slotID, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen, CK_UTF8CHAR *pLabel) {
    initialization wanted;
    CK_RV rv = st_p11_enter();
    if (rv != CKR_OK) {
        return rv;
    }
    rv = pLabel == NULL ? CKR_ARGUMENTS_BAD : read_pin(wanted.pin, pPin, ulPinLen);
    if (rv == CKR_OK) {
        size_t len = LABEL_LEN;
        while (len > 0 && pLabel[len - 1] == ' ') {
            len--;
        }
        memcpy(wanted.name, pLabel, len);
        wanted.name[len] = 0;
        rv = with_token(slotID, initialize, &wanted);
    }
    gmpki_cleanse(&wanted, sizeof wanted);
    return st_p11_leave(rv);
}

static CK_RV init_pin(const st_p11_session *session, const CK_UTF8CHAR *text, CK_ULONG len) {
    char pin[ST_PIN_MAX + 1];
    if (session->slot->login != CKU_SO) {
        return CKR_USER_NOT_LOGGED_IN;
    }
    CK_RV rv = read_pin(pin, text, len);
    if (rv == CKR_OK) {
        rv = st_p11_status(st_pin_init(session->slot->device, session->slot->application, pin));
    }
    gmpki_cleanse(pin, sizeof pin);
    return rv;
}

CK_RV C_InitPIN(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, init_pin(session, pPin, ulPinLen)) : rv;
}

/* The PIN of who has logged in, or the user's (2.40, 5.5). */
static CK_RV set_pin(const st_p11_session *session, const CK_UTF8CHAR *old_text, CK_ULONG old_len,
                     const CK_UTF8CHAR *new_text, CK_ULONG new_len) {
    char old_pin[ST_PIN_MAX + 1], new_pin[ST_PIN_MAX + 1];
    uint32_t tries_left;
    if ((session->flags & CKF_RW_SESSION) == 0) {
        return CKR_SESSION_READ_ONLY;
    }
    int role = session->slot->login == CKU_SO ? ST_ADMIN : ST_USER;
    CK_RV rv = compared(read_pin(old_pin, old_text, old_len));
    if (rv == CKR_OK) {
        rv = read_pin(new_pin, new_text, new_len);
        if (rv == CKR_OK) {
            rv = st_p11_status(
                st_pin_change(session->slot->device, session->slot->application, role, old_pin, new_pin, &tries_left));
        }
        gmpki_cleanse(new_pin, sizeof new_pin);
    }
    gmpki_cleanse(old_pin, sizeof old_pin);
    return rv;
}

CK_RV C_SetPIN(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pOldPin, CK_ULONG ulOldLen, CK_UTF8CHAR *pNewPin,
               CK_ULONG ulNewLen) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    return st_p11_leave_session(session, set_pin(session, pOldPin, ulOldLen, pNewPin, ulNewLen));
}

/* ---- login ------------------------------------------------------------------------------- */

static CK_RV may_log_in(const st_p11_slot *slot, CK_USER_TYPE user) {
    if (user == CKU_CONTEXT_SPECIFIC) {
        return CKR_OPERATION_NOT_INITIALIZED; /* no key of this token asks for a PIN at each use */
    }
    if (user != CKU_SO && user != CKU_USER) {
        return CKR_USER_TYPE_INVALID;
    }
    if (slot->login != ST_P11_NOBODY) {
        return slot->login == user ? CKR_USER_ALREADY_LOGGED_IN : CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
    }
    if (user == CKU_SO && slot->rw_sessions < slot->sessions) {
        return CKR_SESSION_READ_ONLY_EXISTS;
    }
    return CKR_OK;
}

static CK_RV log_in(st_p11_slot *slot, CK_USER_TYPE user, const CK_UTF8CHAR *text, CK_ULONG len) {
    char pin[ST_PIN_MAX + 1];
    uint32_t tries_left;
    st_p11_login_check(slot);
    CK_RV rv = may_log_in(slot, user);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = read_pin(pin, text, len);
    if (rv == CKR_OK) {
        int role = user == CKU_SO ? ST_ADMIN : ST_USER;
        rv = st_p11_status(st_pin_verify(slot->device, slot->application, role, pin, &tries_left));
    }
    gmpki_cleanse(pin, sizeof pin);
    if (rv == CKR_OK) {
        slot->login = user;
    }
    return compared(rv);
}

CK_RV C_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, log_in(session->slot, userType, pPin, ulPinLen)) : rv;
}

CK_RV C_Logout(CK_SESSION_HANDLE hSession) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    if (session->slot->login == ST_P11_NOBODY) {
        return st_p11_leave(CKR_USER_NOT_LOGGED_IN);
    }
    rv = st_p11_status(st_logout(session->slot->device, session->slot->application));
    st_p11_logged_out(session->slot);
    return st_p11_leave_session(session, rv);
}
