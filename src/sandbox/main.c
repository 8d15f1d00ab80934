/**
 * The zygote's own executable, `vouch-sandbox`, beside `vouch`: what children are made of and nothing of the service.
 *
 * A fork and an end cost a child some microseconds for every mapping of its zygote, and a shared library is five of
 * them. Without the libraries of the service, and with those of the stages linked in where the system has archives of
 * them, a hundred and thirty are left of four hundred and forty.
 */
#include <locale.h>
#include <stdlib.h>

#include "vouch/sandbox.h"

/* libzbar.a can announce what it found on D-Bus. Nobody asks it to; the linker is given this in place of libdbus. */
_Noreturn void vouch_sandbox_no_dbus(void);
void vouch_sandbox_no_dbus(void)
{
    abort();
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    return vouch_sandbox_zygote_main(argc, argv);
}
