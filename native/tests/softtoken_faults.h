/* The parts of the fault program: what is done to a device, how it is looked at, how it is cut off. */
#ifndef GMPKI_TESTS_SOFTTOKEN_FAULTS_H
#define GMPKI_TESTS_SOFTTOKEN_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "softtoken/engine.h"

#define FAULT_SERIAL "FAULTS-1"
#define FAULT_SETTINGS "serial=" FAULT_SERIAL "\npin_iterations=1\npin_tries=15\n"
#define FAULT_APPLICATION "GMPKI-TEST"
#define USER_PIN "12345678"
#define ADMIN_PIN "87654321"
#define NEW_PIN "new-pin-1"

/* ---- softtoken_faults_operations.c: everything that changes a device --------------------- */

enum { NEEDS_USER = 1 << 0, NEEDS_ADMIN = 1 << 1, NEEDS_DEVICE = 1 << 2, NEEDS_NOTHING_THERE = 1 << 3 };

/* What an operation works on; ids of what make_base made. */
typedef struct fault_target {
    st_device *device; /* NULL with NEEDS_NOTHING_THERE */
    uint32_t application, container, object;
} fault_target;

typedef struct operation {
    const char *name;
    unsigned needs;
    int spends; /* the role whose PIN is tried, or -1 */
    enum st_status (*run)(const fault_target *on);
} operation;

extern const operation operations[];
extern const size_t operation_count;

/* Make the device that all operations begin with. 1, or 0 when that fails. */
int make_base(void);
/* Open the device and log in as an operation needs it. 1, or 0. */
int prepare(const operation *what, fault_target *on);

/* ---- softtoken_faults_view.c: what can be seen of a device ------------------------------- */

enum { VIEW_ROOM = 8192 };

typedef struct view {
    int tries[2]; /* by enum st_role; -1: no application */
    char text[VIEW_ROOM];
} view;

/* Describe the device: names, rights, contents, whose PINs open it, whether its keys sign. Uses up no tries for good.
 * What differs between two runs of one operation (keys, certificates of keys) is not in it. */
void look(view *seen);

/* ---- softtoken_faults_sharing.c: several processes, and ends at any moment ---------------- */

typedef struct score {
    unsigned trials, losses;
} score;

/* Two processes at once; processes killed at random moments. Each prints its line and adds to the score. */
void share(score *total);

#endif /* GMPKI_TESTS_SOFTTOKEN_FAULTS_H */
