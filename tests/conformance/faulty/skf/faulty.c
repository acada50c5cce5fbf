/* Which fault it is, the right functions, and what was seen. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "faulty.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

enum { APPLICATIONS = 256, CONTAINERS = 1024 };

DEVHANDLE seen_device;

static seen_application applications[APPLICATIONS];
static unsigned next_application;
static struct {
    HCONTAINER container;
    HAPPLICATION application;
} containers[CONTAINERS];
static unsigned next_container;

int fault(const char *name) {
    const char *chosen = getenv("GMPKI_FAULT");
    return chosen != NULL && strcmp(chosen, name) == 0;
}

void *next_function(const char *name) {
    slow_down(name);
    hold_while_waiting(name);
    return function_from(BUFFERS, name);
}

void *function_from(int layer, const char *name) {
    static const standing *const layers[] = {standing_buffers, standing_handles, standing_layout};
    for (; layer < RIGHT_FUNCTIONS; layer++) {
        for (const standing *entry = layers[layer]; entry->name != NULL; entry++) {
            if (strcmp(entry->name, name) == 0) {
                return entry->function;
            }
        }
    }
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        (void)fprintf(stderr, "the software token has no %s\n", name);
        abort();
    }
    return function;
}

seen_application *seen_of(HAPPLICATION application) {
    for (unsigned i = 0; i < APPLICATIONS; i++) {
        if (applications[i].application == application && application != NULL) {
            return &applications[i];
        }
    }
    seen_application *entry = &applications[next_application++ % APPLICATIONS];
    memset(entry, 0, sizeof *entry);
    entry->application = application;
    entry->device = seen_device;
    return entry;
}

void seen_login(HAPPLICATION application) {
    seen_application *seen = seen_of(application);
    ULONG tries;
    (void)NEXT(SKF_VerifyPIN)(application, USER_TYPE, seen->user_pin, &tries);
    (void)NEXT(SKF_VerifyPIN)(application, ADMIN_TYPE, seen->admin_pin, &tries);
}

void seen_opened(HAPPLICATION application, DEVHANDLE device, const char *name) {
    seen_application *entry = seen_of(application);
    for (unsigned i = 0; i < APPLICATIONS; i++) {
        if (&applications[i] != entry && strcmp(applications[i].name, name) == 0) {
            *entry = applications[i];
        }
    }
    entry->application = application;
    entry->device = device;
    seen_text(entry->name, name);
}

const char *seen_pin(HAPPLICATION application, ULONG type) {
    const seen_application *entry = seen_of(application);
    return type == ADMIN_TYPE ? entry->admin_pin : entry->user_pin;
}

void seen_pin_changed(HAPPLICATION application, ULONG type, const char *pin) {
    const char *name = seen_of(application)->name;
    for (unsigned i = 0; i < APPLICATIONS; i++) {
        if (strcmp(applications[i].name, name) == 0) {
            seen_text(type == ADMIN_TYPE ? applications[i].admin_pin : applications[i].user_pin, pin);
        }
    }
}

HAPPLICATION seen_application_of(HCONTAINER container) {
    for (unsigned i = 0; i < CONTAINERS; i++) {
        if (containers[i].container == container && container != NULL) {
            return containers[i].application;
        }
    }
    return NULL;
}

void seen_container(HCONTAINER container, HAPPLICATION application) {
    unsigned at = next_container++ % CONTAINERS;
    containers[at].container = container;
    containers[at].application = application;
}

void seen_text(char target[SEEN_TEXT_MAX], const char *text) {
    (void)snprintf(target, SEEN_TEXT_MAX, "%s", text == NULL ? "" : text);
}

int text_is_ascii(const char *text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text > 0x7F) {
            return 0;
        }
    }
    return 1;
}
