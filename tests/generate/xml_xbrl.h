/** XBRL instances of the Ministry of Finance's taxonomies: facts below the root, tuples of facts. */
#ifndef VOUCH_GENERATE_XML_XBRL_H
#define VOUCH_GENERATE_XML_XBRL_H

#include "xml_world.h"

typedef struct xbrl_instance {
    xmlDoc *document;
    xmlNode *root;
    xmlNs *space; /* of the taxonomy */
} xbrl_instance;

/** To be finished by xml_finish. @param taxonomy  "rai", "atr", "inv" */
xbrl_instance xbrl_new(const char *taxonomy, const char *date);
void xbrl_fact(const xbrl_instance *i, xmlNode *parent, const char *name, const char *value);
/** Below the root. */
void xbrl_amount(const xbrl_instance *i, const char *name, int64_t fen);
xmlNode *xbrl_tuple(const xbrl_instance *i, const char *name);

#endif
