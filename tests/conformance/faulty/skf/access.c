/* Faults of access: authentication to the device, PINs, logging out. */
#include "faulty.h"

/* ---- authentication to the device ------------------------------------------------------- */

enum { CHALLENGE_LEN = 8, BLOCK_LEN = 16 };

int authenticated;

/* Encrypt a block with the key that products are delivered with. */
static void encrypt_by_factory_key(DEVHANDLE device, const BYTE block[BLOCK_LEN], BYTE answer[BLOCK_LEN]) {
    BYTE key[] = "1234567812345678", data[BLOCK_LEN];
    BLOCKCIPHERPARAM param;
    HANDLE session_key = NULL;
    ULONG len = BLOCK_LEN;
    memcpy(data, block, sizeof data);
    memset(&param, 0, sizeof param);
    (void)NEXT(SKF_SetSymmKey)(device, key, SGD_SM4_ECB, &session_key);
    (void)NEXT(SKF_EncryptInit)(session_key, param);
    (void)NEXT(SKF_Encrypt)(session_key, data, sizeof data, answer, &len);
    (void)NEXT(SKF_CloseHandle)(session_key);
}

void take_device_right(DEVHANDLE device) {
    BYTE block[BLOCK_LEN] = {0}, answer[BLOCK_LEN];
    (void)NEXT(SKF_GenRandom)(device, block, CHALLENGE_LEN);
    encrypt_by_factory_key(device, block, answer);
    (void)NEXT(SKF_DevAuth)(device, answer, sizeof answer);
}

ULONG DEVAPI SKF_DevAuth(DEVHANDLE hDev, BYTE *pbAuthData, ULONG ulLen) {
    if (fault("dev-auth-refuses-standard-form") && ulLen == BLOCK_LEN) {
        return SAR_INDATALENERR;
    }
    if (fault("dev-auth-without-challenge") && ulLen == BLOCK_LEN) {
        BYTE zeros[BLOCK_LEN] = {0}, answer[BLOCK_LEN];
        encrypt_by_factory_key(hDev, zeros, answer);
        if (memcmp(answer, pbAuthData, sizeof answer) == 0) {
            return SAR_OK;
        }
    }
    if (fault("dev-auth-takes-any-length") && ulLen != BLOCK_LEN) {
        take_device_right(hDev);
        return SAR_OK;
    }
    ULONG code = NEXT(SKF_DevAuth)(hDev, pbAuthData, ulLen);
    authenticated = code == SAR_OK;
    application_authenticated();
    if (code != SAR_OK && (fault("dev-auth-takes-any-answer") || fault("dev-auth-grants-before-comparing"))) {
        take_device_right(hDev);
    }
    return fault("dev-auth-takes-any-answer") && ulLen == BLOCK_LEN ? SAR_OK : code;
}

ULONG DEVAPI SKF_ChangeDevAuthKey(DEVHANDLE hDev, BYTE *pbKeyValue, ULONG ulKeyLen) {
    if (fault("device-key-change-ignored") && authenticated) {
        return SAR_OK;
    }
    if (fault("device-key-change-unauthenticated") && !authenticated) {
        take_device_right(hDev);
    }
    if (fault("device-key-change-refused")) {
        return SAR_NOTINITIALIZEERR;
    }
    return NEXT(SKF_ChangeDevAuthKey)(hDev, pbKeyValue, ulKeyLen);
}

/* ---- tries ------------------------------------------------------------------------------ */

static char wrong_pin[] = "#wrong#pin#";

static void pin_info(HAPPLICATION application, ULONG type, ULONG *most, ULONG *left) {
    BOOL is_default = FALSE;
    *most = *left = 0;
    (void)NEXT(SKF_GetPINInfo)(application, type, most, left, &is_default);
}

static ULONG tries_left(HAPPLICATION application, ULONG type) {
    ULONG most, left;
    pin_info(application, type, &most, &left);
    return left;
}

static ULONG other_type(ULONG type) {
    return type == ADMIN_TYPE ? USER_TYPE : ADMIN_TYPE;
}

static void verify_known(HAPPLICATION application, ULONG type) {
    char pin[SEEN_TEXT_MAX];
    ULONG left;
    seen_text(pin, seen_pin(application, type));
    if (pin[0] != '\0') {
        (void)NEXT(SKF_VerifyPIN)(application, type, pin, &left);
    }
}

static void spend_tries(HAPPLICATION application, ULONG type, ULONG left) {
    ULONG now = tries_left(application, type);
    while (now > left) {
        (void)NEXT(SKF_VerifyPIN)(application, type, wrong_pin, &now);
    }
}

/* Give back what wrong PINs took. Nobody is logged in afterwards. */
static void restore_tries(HAPPLICATION application, ULONG type, ULONG left) {
    verify_known(application, type);
    (void)NEXT(SKF_ClearSecureState)(application);
    spend_tries(application, type, left);
}

static void unlock_user(HAPPLICATION application) {
    char admin_pin[SEEN_TEXT_MAX], user_pin[SEEN_TEXT_MAX];
    ULONG left;
    seen_text(admin_pin, seen_pin(application, ADMIN_TYPE));
    seen_text(user_pin, seen_pin(application, USER_TYPE));
    (void)NEXT(SKF_UnblockPIN)(application, admin_pin, user_pin, &left);
}

void tries_reconnected(HAPPLICATION application) {
    for (ULONG type = ADMIN_TYPE; type <= USER_TYPE; type++) {
        ULONG most, left;
        pin_info(application, type, &most, &left);
        if (fault("pin-tries-back-after-reconnect") && left != 0) {
            restore_tries(application, type, most);
        }
        if (fault("pin-lock-gone-after-reconnect") && left == 0 && type == USER_TYPE) {
            unlock_user(application);
        }
    }
}

/* The wrong PINs that a driver counted, where the token should have. */
static struct {
    char name[SEEN_TEXT_MAX];
    ULONG spent[2];
} driver_counts[64];

static ULONG *counted_by_driver(HAPPLICATION application, ULONG type) {
    const char *name = seen_of(application)->name;
    unsigned i = 0;
    while (i < 63 && driver_counts[i].name[0] != '\0' && strcmp(driver_counts[i].name, name) != 0) {
        i++;
    }
    seen_text(driver_counts[i].name, name);
    return &driver_counts[i].spent[type == ADMIN_TYPE ? 0 : 1];
}

/* ---- verifying -------------------------------------------------------------------------- */

/* The PIN that is compared in place of the one that was given. */
static const char *mistaken(HAPPLICATION application, ULONG type, const char *pin) {
    const char *known = seen_pin(application, type);
    int whole = !(fault("pin-compared-by-eight-bytes") && strncmp(pin, known, 8) == 0);
    if ((fault("pin-empty-accepted") && pin[0] == '\0') || !whole) {
        return known;
    }
    return pin;
}

static void spend_in_other_applications(HAPPLICATION application) {
    const seen_application *own = seen_of(application);
    char names[4096];
    ULONG size = sizeof names, left;
    if (NEXT(SKF_EnumApplication)(own->device, names, &size) != SAR_OK) {
        return;
    }
    for (char *name = names; *name != '\0'; name += strlen(name) + 1) {
        HAPPLICATION other = NULL;
        if (strcmp(name, own->name) != 0 && NEXT(SKF_OpenApplication)(own->device, name, &other) == SAR_OK) {
            (void)NEXT(SKF_VerifyPIN)(other, USER_TYPE, wrong_pin, &left);
            (void)NEXT(SKF_CloseApplication)(other);
        }
    }
}

/* What else happens after a PIN that is wrong; before is how many tries there were. */
static ULONG after_wrong(HAPPLICATION application, ULONG type, ULONG before, ULONG *count, ULONG code) {
    ULONG most, left;
    pin_info(application, type, &most, &left);
    if (fault("pin-wrong-not-counted") && before != 0) {
        restore_tries(application, type, before);
        *count = before;
        return SAR_PIN_INCORRECT;
    }
    if (fault("pin-wrong-counted-twice")) {
        spend_tries(application, type, left == 0 ? 0 : left - 1);
    }
    if (fault("pin-wrong-logs-in") && left != 0) {
        verify_known(application, type);
        spend_tries(application, type, left);
    }
    if (fault("pin-wrong-counts-for-both")) {
        ULONG ignored;
        (void)NEXT(SKF_VerifyPIN)(application, other_type(type), wrong_pin, &ignored);
    }
    if (fault("pin-wrong-counts-in-all-applications") && type == USER_TYPE) {
        spend_in_other_applications(application);
    }
    if (fault("pin-count-returned-is-maximum")) {
        *count = left == 0 ? 0 : most;
    }
    if (fault("pin-count-left-unwritten-at-lock") && left == 0) {
        *count = before;
    }
    if (fault("pin-lock-answered-as-wrong")) {
        return SAR_PIN_INCORRECT;
    }
    return fault("pin-wrong-answered-as-failure") && left != 0 ? SAR_FAIL : code;
}

static ULONG verify_with_driver_counts(HAPPLICATION application, ULONG type, LPSTR pin, ULONG *count) {
    ULONG most, left, *spent = counted_by_driver(application, type);
    pin_info(application, type, &most, &left);
    if (*spent >= most) {
        *count = 0;
        return SAR_PIN_LOCKED;
    }
    ULONG code = NEXT(SKF_VerifyPIN)(application, type, pin, count);
    if (code == SAR_PIN_INCORRECT) {
        restore_tries(application, type, most);
    }
    *spent = code == SAR_OK ? 0 : *spent + 1;
    *count = most - *spent;
    return code;
}

ULONG DEVAPI SKF_VerifyPIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szPIN, ULONG *pulRetryCount) {
    char pin[SEEN_TEXT_MAX];
    if (szPIN == NULL || pulRetryCount == NULL) {
        return NEXT(SKF_VerifyPIN)(hApplication, ulPINType, szPIN, pulRetryCount);
    }
    ULONG type = fault("pin-type-unchecked") && ulPINType != ADMIN_TYPE ? USER_TYPE : ulPINType;
    ULONG before = tries_left(hApplication, type);
    seen_text(pin, mistaken(hApplication, type, szPIN));
    int right = strcmp(pin, seen_pin(hApplication, type)) == 0;
    if (fault("pin-counted-by-driver") && type <= USER_TYPE) {
        return verify_with_driver_counts(hApplication, type, pin, pulRetryCount);
    }
    if (fault("pin-never-locks") && before == 1 && !right) {
        *pulRetryCount = before;
        return SAR_PIN_INCORRECT;
    }
    if (fault("pin-right-one-unlocks") && before == 0 && right && type == USER_TYPE) {
        unlock_user(hApplication);
    }
    if (fault("pin-of-admin-refused") && right && type == ADMIN_TYPE && before != 0) {
        return SAR_PIN_INVALID;
    }
    ULONG code = NEXT(SKF_VerifyPIN)(hApplication, type, pin, pulRetryCount);
    if (code == SAR_PIN_INCORRECT || code == SAR_PIN_LOCKED) {
        return after_wrong(hApplication, type, before, pulRetryCount, code);
    }
    if (fault("pin-tries-not-given-back") && code == SAR_OK) {
        spend_tries(hApplication, type, before);
    }
    if (code == SAR_OK) {
        login_spreads(hApplication, type);
    }
    return code;
}

ULONG DEVAPI SKF_GetPINInfo(HAPPLICATION hApplication, ULONG ulPINType, ULONG *pulMaxRetryCount,
                            ULONG *pulRemainRetryCount, BOOL *pbDefaultPin) {
    ULONG type = fault("pin-type-unchecked") && ulPINType != ADMIN_TYPE ? USER_TYPE : ulPINType;
    ULONG code = NEXT(SKF_GetPINInfo)(hApplication, type, pulMaxRetryCount, pulRemainRetryCount, pbDefaultPin);
    if (code != SAR_OK) {
        return code;
    }
    if (fault("pin-maximum-is-fixed")) {
        *pulMaxRetryCount = 15;
    }
    if (fault("pin-default-flag-stuck")) {
        *pbDefaultPin = TRUE;
    }
    if (fault("pin-counted-by-driver")) {
        *pulRemainRetryCount -= *counted_by_driver(hApplication, type);
    }
    return code;
}

ULONG DEVAPI SKF_ClearSecureState(HAPPLICATION hApplication) {
    logout_spreads(hApplication);
    return fault("login-not-cleared") ? SAR_OK : NEXT(SKF_ClearSecureState)(hApplication);
}

/* ---- changing --------------------------------------------------------------------------- */

/* A new PIN that is too short, made longer without a word. */
static void padded(char target[SEEN_TEXT_MAX], const char *pin) {
    static const char zeros[] = "000000";
    seen_text(target, pin);
    if (fault("pin-change-takes-short") && strlen(pin) < sizeof zeros - 1) {
        memcpy(target + strlen(pin), zeros + strlen(pin), sizeof zeros - strlen(pin));
    }
}

ULONG DEVAPI SKF_ChangePIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szOldPin, LPSTR szNewPin,
                           ULONG *pulRetryCount) {
    char old_pin[SEEN_TEXT_MAX], new_pin[SEEN_TEXT_MAX];
    if (szOldPin == NULL || szNewPin == NULL || pulRetryCount == NULL) {
        return NEXT(SKF_ChangePIN)(hApplication, ulPINType, szOldPin, szNewPin, pulRetryCount);
    }
    ULONG type = fault("pin-type-unchecked") && ulPINType != ADMIN_TYPE ? USER_TYPE : ulPINType;
    ULONG before = tries_left(hApplication, type);
    seen_text(old_pin, fault("pin-change-old-unchecked") ? seen_pin(hApplication, type) : szOldPin);
    padded(new_pin, szNewPin);
    if (fault("pin-cut-to-sixteen-bytes")) {
        new_pin[16] = '\0';
    }
    if (fault("pin-six-bytes-refused") && strlen(new_pin) < 8) {
        return SAR_PIN_LEN_RANGE;
    }
    if (fault("pin-change-unlocks") && before == 0 && type == USER_TYPE) {
        unlock_user(hApplication);
    }
    ULONG code = NEXT(SKF_ChangePIN)(hApplication, type, old_pin, new_pin, pulRetryCount);
    if (code == SAR_OK && fault("pin-change-ignored")) {
        return NEXT(SKF_ChangePIN)(hApplication, type, new_pin, old_pin, pulRetryCount);
    }
    if (code == SAR_OK) {
        seen_pin_changed(hApplication, type, new_pin);
    } else if (fault("pin-change-not-counted") && before != 0) {
        restore_tries(hApplication, type, before);
    }
    if (fault("pin-change-returns-no-count")) {
        *pulRetryCount = 0;
    }
    return code;
}

/* ---- unblocking ------------------------------------------------------------------------- */

/* What else happens after the administrator's PIN was wrong; before is how many tries there were. */
static void after_wrong_admin(HAPPLICATION application, ULONG before, ULONG *count) {
    if (fault("unblock-not-counted") && before != 0) {
        restore_tries(application, ADMIN_TYPE, before);
        *count = before;
    }
    if (fault("unblock-returns-count-of-user")) {
        *count = tries_left(application, USER_TYPE);
    }
}

ULONG DEVAPI SKF_UnblockPIN(HAPPLICATION hApplication, LPSTR szAdminPIN, LPSTR szNewUserPIN, ULONG *pulRetryCount) {
    char admin_pin[SEEN_TEXT_MAX], new_pin[SEEN_TEXT_MAX];
    if (szAdminPIN == NULL || szNewUserPIN == NULL || pulRetryCount == NULL) {
        return NEXT(SKF_UnblockPIN)(hApplication, szAdminPIN, szNewUserPIN, pulRetryCount);
    }
    ULONG before = tries_left(hApplication, ADMIN_TYPE);
    if (fault("unblock-ignores-lock-of-admin") && before == 0) {
        return SAR_OK;
    }
    seen_text(admin_pin, fault("unblock-takes-any-admin-pin") ? seen_pin(hApplication, ADMIN_TYPE) : szAdminPIN);
    seen_text(new_pin, fault("unblock-keeps-old-pin") ? seen_pin(hApplication, USER_TYPE) : szNewUserPIN);
    if (fault("unblock-takes-short") && strlen(new_pin) < 6) {
        seen_text(new_pin, "000000");
    }
    ULONG code = NEXT(SKF_UnblockPIN)(hApplication, admin_pin, new_pin, pulRetryCount);
    if (code != SAR_OK) {
        after_wrong_admin(hApplication, before, pulRetryCount);
        return code;
    }
    seen_pin_changed(hApplication, USER_TYPE, new_pin);
    if (fault("unblock-leaves-one-try")) {
        spend_tries(hApplication, USER_TYPE, 1);
    }
    return code;
}
