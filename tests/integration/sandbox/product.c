#include "vouch/sandbox.h"

int main(int argc, char **argv)
{
    return vouch_sandbox_zygote_main(argc, argv);
}
