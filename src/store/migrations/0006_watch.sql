-- What is measured of the queue at each scrape, whichever its tenant: numbers only.
-- oldest program: 1
--
-- Every part is bounded, so that watching a queue that has run full does not slow it down further: beyond the bound the
-- count stays where it is. The first of a lane by turn hold its oldest.

CREATE FUNCTION queue_metrics(p_most integer)
RETURNS TABLE (bulk boolean, state text, jobs bigint, oldest_us bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
    SELECT s.bulk, s.state, count(*), greatest((extract(epoch FROM now() - min(s.created_at)) * 1000000)::bigint, 0)
    FROM (
        (SELECT j.bulk, CASE WHEN j.not_before <= now() THEN 'queued' ELSE 'waiting' END AS state, j.created_at
         FROM job j WHERE j.state = 'ready' AND NOT j.bulk ORDER BY j.turn, j.id LIMIT p_most)
        UNION ALL
        (SELECT j.bulk, CASE WHEN j.not_before <= now() THEN 'queued' ELSE 'waiting' END, j.created_at
         FROM job j WHERE j.state = 'ready' AND j.bulk ORDER BY j.turn, j.id LIMIT p_most)
        UNION ALL
        (SELECT j.bulk, j.state, j.created_at FROM job j WHERE j.state = 'leased' ORDER BY j.leased_until LIMIT p_most)
        UNION ALL
        (SELECT j.bulk, j.state, j.created_at FROM job j WHERE j.state = 'dead' ORDER BY j.id LIMIT p_most)
    ) s GROUP BY s.bulk, s.state
$$;

REVOKE ALL ON FUNCTION queue_metrics(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_metrics(integer) TO vouch_serve, vouch_work, vouch_read;
