/* Faults of how far a login reaches: beyond its role, beyond its application. */
#include "faulty.h"

/* Do something with every other application of the device, as far as its PINs were seen. */
static void with_others(HAPPLICATION application, void (*action)(HAPPLICATION other)) {
    const seen_application *own = seen_of(application);
    char names[4096];
    ULONG size = sizeof names;
    if (NEXT(SKF_EnumApplication)(own->device, names, &size) != SAR_OK) {
        return;
    }
    for (char *name = names; *name != '\0'; name += strlen(name) + 1) {
        HAPPLICATION other = NULL;
        if (strcmp(name, own->name) != 0 && NEXT(SKF_OpenApplication)(own->device, name, &other) == SAR_OK) {
            seen_opened(other, own->device, name);
            action(other);
            (void)NEXT(SKF_CloseApplication)(other);
        }
    }
}

static void log_out(HAPPLICATION application) {
    (void)NEXT(SKF_ClearSecureState)(application);
}

void login_spreads(HAPPLICATION application, ULONG type) {
    if (fault("login-of-admin-is-user") && type == ADMIN_TYPE) {
        seen_login(application);
    }
    if (fault("login-in-all-applications")) {
        with_others(application, seen_login);
    }
}

void logout_spreads(HAPPLICATION application) {
    if (fault("logout-of-all-applications")) {
        with_others(application, log_out);
    }
}
