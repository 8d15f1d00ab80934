/** The sandbox that a configuration asks for. */
#include "vouch/work.h"

void vouch_work_sandbox_options(const vouch_config *config, vouch_sandbox_options *out)
{
    *out = (vouch_sandbox_options)VOUCH_SANDBOX_OPTIONS_DEFAULT;
    out->pipeline.limits = (vouch_decode_limits){
        .max_bytes = config->max_bytes,
        .max_pages = (size_t)config->max_pages,
        .max_pixels = (size_t)config->max_pixels,
        .max_entries = (size_t)config->max_entries,
        .max_entry_bytes = config->max_entry_bytes,
        .max_expanded_bytes = config->max_expanded_bytes,
        .max_depth = (int)config->max_depth,
        .max_glyphs = (size_t)config->max_glyphs,
    };
    out->pipeline.read.qr = config->qr;
    out->pipeline.read.qr_budget_ms = (int)config->qr_budget_ms;
    out->wall_seconds = (int)config->sandbox_wall_seconds;
    out->cpu_seconds = (int)config->sandbox_cpu_seconds;
    out->memory_bytes = config->sandbox_memory_bytes;
    out->answer_bytes = config->sandbox_answer_bytes;
    out->user = config->sandbox_user;
}
