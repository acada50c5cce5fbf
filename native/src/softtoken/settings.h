/* What a device is made with: the text of store.h's settings, read. */
#ifndef GMPKI_SOFTTOKEN_SETTINGS_H
#define GMPKI_SOFTTOKEN_SETTINGS_H

#include "softtoken/model.h"

typedef struct st_settings {
    char serial[ST_SERIAL_MAX + 1]; /* empty: to be drawn at random */
    char label[ST_LABEL_MAX + 1];
    uint8_t device_key[ST_STORE_KEY_LEN];
    st_profile profile;   /* pin_iterations 0: to be measured */
    uint32_t pin_cost_ms; /* for which time */
    uint32_t replace;
} st_settings;

/* Read settings (NULL: none) as st_store_create lists them. ST_ERR_ARGUMENT for an unknown name, one that stands twice,
 * a value outside its bounds, pin_cost_ms beside pin_iterations. The caller cleanses what was read. */
ST_CHECKED enum st_status st_settings_read(st_settings *settings, const char *text);

#endif /* GMPKI_SOFTTOKEN_SETTINGS_H */
