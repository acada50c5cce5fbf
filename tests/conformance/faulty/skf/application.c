/* Faults of applications: created, opened, closed, deleted. */
#include "faulty.h"

/* Whether an application was created since the device was authenticated to. */
static int changed_since_authentication;

void application_authenticated(void) {
    changed_since_authentication = 0;
}

static int exists(DEVHANDLE device, const char *wanted) {
    char names[4096];
    ULONG size = sizeof names;
    if (NEXT(SKF_EnumApplication)(device, names, &size) != SAR_OK) {
        return 0;
    }
    for (const char *name = names; *name != '\0'; name += strlen(name) + 1) {
        if (strcmp(name, wanted) == 0) {
            return 1;
        }
    }
    return 0;
}

static ULONG open_first(DEVHANDLE device, HAPPLICATION *application) {
    char names[4096];
    ULONG size = sizeof names;
    ULONG code = NEXT(SKF_EnumApplication)(device, names, &size);
    return code == SAR_OK ? NEXT(SKF_OpenApplication)(device, names, application) : code;
}

/* The PIN that is set in place of one that is too short. */
static LPSTR lengthened(LPSTR pin, const char *name) {
    static char longer[] = "000000";
    return fault(name) && strlen(pin) < 6 ? longer : pin;
}

ULONG DEVAPI SKF_CreateApplication(DEVHANDLE hDev, LPSTR szAppName, LPSTR szAdminPin, DWORD dwAdminPinRetryCount,
                                   LPSTR szUserPin, DWORD dwUserPinRetryCount, DWORD dwCreateFileRights,
                                   HAPPLICATION *phApplication) {
    if (szAppName == NULL || szAdminPin == NULL || szUserPin == NULL) {
        return NEXT(SKF_CreateApplication)(hDev, szAppName, szAdminPin, dwAdminPinRetryCount, szUserPin,
                                           dwUserPinRetryCount, dwCreateFileRights, phApplication);
    }
    LPSTR admin_pin = lengthened(szAdminPin, "application-takes-short-admin-pin");
    LPSTR user_pin = lengthened(szUserPin, "application-takes-short-user-pin");
    if (fault("application-created-unauthenticated")) {
        take_device_right(hDev);
    }
    if (fault("application-refused-in-factory-stage")) {
        ULONG size = 0;
        if (NEXT(SKF_EnumApplication)(hDev, NULL, &size) == SAR_OK && size <= 2) {
            return SAR_NOTINITIALIZEERR;
        }
    }
    if (fault("pin-six-bytes-refused") && strlen(szUserPin) < 8) {
        return SAR_PIN_LEN_RANGE;
    }
    if (fault("application-created-over-another") && exists(hDev, szAppName)) {
        (void)NEXT(SKF_DeleteApplication)(hDev, szAppName);
    }
    if (fault("create-file-right-ignored")) {
        dwCreateFileRights = SECURE_ANYONE_ACCOUNT;
    }
    if (fault("create-file-right-anyone-is-user") && dwCreateFileRights == SECURE_ANYONE_ACCOUNT) {
        dwCreateFileRights = SECURE_USER_ACCOUNT;
    }
    char cut[SEEN_TEXT_MAX];
    if (fault("pin-cut-to-sixteen-bytes")) {
        seen_text(cut, user_pin);
        cut[16] = '\0';
        user_pin = cut;
    }
    ULONG code = NEXT(SKF_CreateApplication)(hDev, szAppName, admin_pin, dwAdminPinRetryCount, user_pin,
                                             dwUserPinRetryCount, dwCreateFileRights, phApplication);
    if (fault("full-token-gives-another-application") && code == SAR_NO_ROOM) {
        return open_first(hDev, phApplication);
    }
    if (code == SAR_OK) {
        seen_application *seen = seen_of(*phApplication);
        seen->device = hDev;
        seen_text(seen->name, szAppName);
        seen_text(seen->admin_pin, admin_pin);
        seen_text(seen->user_pin, user_pin);
        changed_since_authentication = 1;
    }
    return code;
}

static ULONG list_twice(DEVHANDLE device, LPSTR names, ULONG *size) {
    char once[4096];
    ULONG len = sizeof once;
    ULONG code = NEXT(SKF_EnumApplication)(device, once, &len);
    if (code != SAR_OK) {
        return code;
    }
    ULONG room = *size;
    *size = 2 * (len - 1) + 1;
    if (names == NULL) {
        return SAR_OK;
    }
    if (room < *size) {
        return SAR_BUFFER_TOO_SMALL;
    }
    memcpy(names, once, len - 1);
    memcpy(names + len - 1, once, len);
    return SAR_OK;
}

ULONG DEVAPI SKF_EnumApplication(DEVHANDLE hDev, LPSTR szAppName, ULONG *pulSize) {
    if (fault("listing-needs-device-right") && !authenticated) {
        return SAR_DEVNOAUTH;
    }
    if (fault("application-listed-twice") && pulSize != NULL) {
        return list_twice(hDev, szAppName, pulSize);
    }
    return NEXT(SKF_EnumApplication)(hDev, szAppName, pulSize);
}

ULONG DEVAPI SKF_OpenApplication(DEVHANDLE hDev, LPSTR szAppName, HAPPLICATION *phApplication) {
    ULONG code = NEXT(SKF_OpenApplication)(hDev, szAppName, phApplication);
    if (code == SAR_APPLICATION_NOT_EXISTS && fault("application-unknown-opened")) {
        *phApplication = hDev;
        return SAR_OK;
    }
    if (code == SAR_OK) {
        seen_opened(*phApplication, hDev, szAppName);
        tries_reconnected(*phApplication);
    }
    return code;
}

ULONG DEVAPI SKF_DeleteApplication(DEVHANDLE hDev, LPSTR szAppName) {
    if (fault("application-deleted-unauthenticated")) {
        take_device_right(hDev);
    }
    if (fault("application-deletion-ignored") && changed_since_authentication) {
        return SAR_OK;
    }
    ULONG code = NEXT(SKF_DeleteApplication)(hDev, szAppName);
    return fault("application-unknown-deleted") && code == SAR_APPLICATION_NOT_EXISTS ? SAR_OK : code;
}

ULONG DEVAPI SKF_CloseApplication(HAPPLICATION hApplication) {
    if (fault("application-closed-logs-out")) {
        (void)NEXT(SKF_ClearSecureState)(hApplication);
    }
    return NEXT(SKF_CloseApplication)(hApplication);
}
