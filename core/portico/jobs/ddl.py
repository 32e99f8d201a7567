"""The job tables, their functions, grants and row-level security, as SQL that the core migration runs.

All roles exist before; whoever runs it must be able to hand a function to `portico_definer`.
"""

from __future__ import annotations

# `lane` is the tenant, or the zero id for system-wide work: an index cannot be walked past NULL.
# `claim` is the fencing token: a new one for every claim, so that a late acknowledgement meets no row.
# `attempts` counts claims (a worker that died counts), `waits` the times an actor asked to be called later.
_TABLES = [
    """
    create table job (
        id uuid primary key,
        tenant_id uuid,
        lane uuid not null
            generated always as (coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'::uuid)) stored,
        queue text not null default 'default',
        actor text not null,
        args jsonb not null default '{}',
        priority smallint not null default 5,
        unique_key text,
        request_id text not null default '',
        state text not null default 'queued' check (state in ('queued', 'taken', 'parked')),
        eta timestamptz not null default now(),
        created_at timestamptz not null default now(),
        attempts integer not null default 0,
        waits integer not null default 0,
        claim uuid,
        worker text,
        lease_until timestamptz,
        plugin text,
        last_error text,
        check ((state = 'taken') = (claim is not null))
    ) with (
        fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_analyze_scale_factor = 0,
        autovacuum_analyze_threshold = 5000, autovacuum_vacuum_cost_delay = 0
    )
    """,
    "create index job_ready on job (queue, lane, priority, eta) where state = 'queued'",
    """
    create unique index job_unique on job (lane, unique_key) where state = 'queued' and unique_key is not null
    """,
    # No lease_until in it, so that a heartbeat is a HOT update.
    "create index job_taken on job (queue, lane, unique_key) where state = 'taken'",
    "create index job_parked on job (plugin, tenant_id) where state = 'parked'",
    """
    create table job_dead (
        id uuid primary key,
        tenant_id uuid,
        queue text not null,
        actor text not null,
        args jsonb not null,
        priority smallint not null,
        unique_key text,
        request_id text not null,
        plugin text,
        attempts integer not null,
        created_at timestamptz not null,
        died_at timestamptz not null default now(),
        reason text not null,
        detail text not null default ''
    )
    """,
    "create index job_dead_tenant on job_dead (tenant_id, died_at desc)",
    """
    create table job_periodic (
        name text primary key,
        ticked_to timestamptz not null,
        enqueued bigint not null default 0
    )
    """,
    """
    create table job_worker (
        name text primary key,
        queues text[] not null,
        threads integer not null,
        started_at timestamptz not null default now(),
        seen_at timestamptz not null default now()
    )
    """,
]

# Acknowledges what is done and claims new work in one round trip. Claims of one queue take turns by an
# advisory lock, which makes the cap per tenant exact; it lasts as long as this one statement in the server,
# so a frozen client cannot keep it. Each query of a volatile function sees what was committed before it.
# A claim looks at 64 lanes at most and begins where the last one of its connection ended, so that its cost
# does not grow with the number of tenants (1,000 of them: 332 jobs/s when it looked at all, 2,855 since).
_TURN = """
create function job_turn(
    p_queue text, p_room integer, p_cap integer, p_lease_s double precision, p_worker text,
    p_done_ids uuid[], p_done_claims uuid[]
) returns setof job language plpgsql volatile set enable_seqscan = off set jit = off as $$
declare
    v_window constant integer := 64;
    v_after uuid := coalesce(nullif(current_setting('portico.job_lane', true), ''),
                             '00000000-0000-0000-0000-000000000000')::uuid;
    v_ahead uuid[];
    v_behind uuid[];
begin
    if cardinality(p_done_ids) > 0 then
        delete from job j using unnest(p_done_ids, p_done_claims) as d (id, claim)
            where j.id = d.id and j.claim = d.claim;
    end if;
    if p_room <= 0 then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('portico.job_turn.' || p_queue, 0));
    with recursive lanes (lane, n) as (
        (select j.lane, 1 from job j where j.queue = p_queue and j.state = 'queued' and j.lane > v_after
            order by j.lane limit 1)
        union all
        select (
            select j.lane from job j
            where j.queue = p_queue and j.state = 'queued' and j.lane > l.lane order by j.lane limit 1
        ), l.n + 1 from lanes l where l.lane is not null and l.n < v_window
    )
    select coalesce(array_agg(l.lane order by l.lane), '{}') into v_ahead
        from lanes l where l.lane is not null;
    if cardinality(v_ahead) < v_window then
        with recursive lanes (lane, n) as (
            (select j.lane, 1 from job j
                where j.queue = p_queue and j.state = 'queued' and j.lane <= v_after order by j.lane limit 1)
            union all
            select (
                select j.lane from job j where j.queue = p_queue and j.state = 'queued'
                    and j.lane > l.lane and j.lane <= v_after order by j.lane limit 1
            ), l.n + 1 from lanes l where l.lane is not null and l.n < v_window - cardinality(v_ahead)
        )
        select array_agg(l.lane order by l.lane) into v_behind from lanes l where l.lane is not null;
    end if;
    perform set_config('portico.job_lane', (v_ahead || v_behind)[cardinality(v_ahead || v_behind)]::text,
                       false);
    return query
        with busy as materialized (
            select l.lane, (
                select count(*)::integer from job t
                where t.state = 'taken' and t.queue = p_queue and t.lane = l.lane
            ) as running
            from unnest(v_ahead || v_behind) as l (lane)
        ),
        pick as materialized (
            select c.id from busy b cross join lateral (
                select j.id, j.priority, b.running + row_number() over (order by j.priority, j.eta) as turn
                from job j
                where j.queue = p_queue and j.lane = b.lane and j.state = 'queued' and j.eta <= now()
                    and (j.unique_key is null or not exists (
                        select 1 from job t where t.state = 'taken' and t.queue = p_queue
                            and t.lane = j.lane and t.unique_key = j.unique_key
                    ))
                order by j.priority, j.eta
                limit least(p_room, greatest(p_cap - b.running, 0))
            ) c
            order by c.turn, c.priority, random()
            limit p_room
        ),
        locked as materialized (
            select j.id from job j join pick on pick.id = j.id where j.state = 'queued'
            for update of j skip locked
        )
        update job u set state = 'taken', claim = gen_random_uuid(), worker = p_worker,
                attempts = u.attempts + 1, lease_until = clock_timestamp() + make_interval(secs => p_lease_s)
            from locked where u.id = locked.id
            returning u.*;
end $$
"""

# Back to the queue: retries, jobs handed back, expired leases, jobs of a plugin that is on again. A job whose
# key is queued meanwhile is dropped: the queued one does its work.
_REQUEUE = """
create function job_requeue(
    p_ids uuid[], p_claims uuid[], p_delay_s double precision, p_attempts integer, p_waits integer,
    p_error text, p_expired boolean
) returns integer language plpgsql volatile set enable_seqscan = off set jit = off as $$
declare
    r record;
    n integer := 0;
begin
    for r in
        select j.id, j.unique_key from unnest(p_ids, p_claims) as p (id, claim)
            join job j on j.id = p.id and j.claim is not distinct from p.claim and j.state <> 'queued'
            where not p_expired or j.lease_until < clock_timestamp()
            order by j.id for update of j
    loop
        begin
            update job set state = 'queued', claim = null, worker = null, lease_until = null, plugin = null,
                    eta = clock_timestamp() + make_interval(secs => p_delay_s),
                    attempts = attempts + p_attempts, waits = waits + p_waits,
                    last_error = coalesce(p_error, last_error)
                where id = r.id;
            n := n + 1;
        exception when unique_violation then
            delete from job where id = r.id;
        end;
    end loop;
    return n;
end $$
"""

# Somebody enqueues a key that is queued already. The row is locked until that somebody commits: otherwise a
# worker could run it before the change that it is about is visible, and nobody would run it again.
_HASTEN = """
create function job_hasten(p_key text, p_eta timestamptz, p_priority integer) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    update public.job set eta = least(eta, p_eta), priority = least(priority, p_priority)
        where lane = coalesce(nullif(current_setting('portico.tenant_id', true), '')::uuid,
                              '00000000-0000-0000-0000-000000000000'::uuid)
            and unique_key = p_key and state = 'queued'
        returning true
$$
"""

_GRANTS = [
    """
    revoke all on function job_turn(text, integer, integer, double precision, text, uuid[], uuid[])
        from public
    """,
    """
    revoke all on function job_requeue(uuid[], uuid[], double precision, integer, integer, text, boolean)
        from public
    """,
    "revoke all on function job_hasten(text, timestamptz, integer) from public",
    """
    grant execute on function job_turn(text, integer, integer, double precision, text, uuid[], uuid[])
        to portico_worker
    """,
    """
    grant execute on function job_requeue(uuid[], uuid[], double precision, integer, integer, text, boolean)
        to portico_worker
    """,
    """
    grant execute on function job_hasten(text, timestamptz, integer)
        to portico_worker, portico_staff, portico_customer, portico_public, portico_user, portico_operator
    """,
    "grant select, update on job to portico_definer",
    "grant create on schema public to portico_definer",
    "alter function job_hasten(text, timestamptz, integer) owner to portico_definer",
    "revoke create on schema public from portico_definer",
    "grant select, insert, update, delete on job, job_dead, job_periodic, job_worker to portico_worker",
    # By column: nobody but a worker makes a row that is taken, parked, or has a history.
    """
    grant insert (id, tenant_id, queue, actor, args, priority, unique_key, request_id, eta) on job
        to portico_staff, portico_customer, portico_public, portico_user, portico_operator
    """,
    "grant select on job, job_dead to portico_staff",
]

_WALL = [
    "alter table job enable row level security",
    "alter table job force row level security",
    "alter table job_dead enable row level security",
    "alter table job_dead force row level security",
    "alter table job_periodic enable row level security",
    "alter table job_periodic force row level security",
    "alter table job_worker enable row level security",
    "alter table job_worker force row level security",
    """
    create policy job_worker on job
        to portico_worker, portico_owner using (true) with check (true)
    """,
    """
    create policy job_dead_worker on job_dead
        to portico_worker, portico_owner using (true) with check (true)
    """,
    """
    create policy job_periodic_worker on job_periodic
        to portico_worker, portico_owner using (true) with check (true)
    """,
    """
    create policy job_worker_worker on job_worker
        to portico_worker, portico_owner using (true) with check (true)
    """,
    """
    create policy job_staff on job for select to portico_staff
        using (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid)
    """,
    """
    create policy job_dead_staff on job_dead for select to portico_staff
        using (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid)
    """,
    """
    create policy job_enqueue on job for insert
        to portico_staff, portico_customer, portico_public, portico_user, portico_operator
        with check (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid)
    """,
]

CREATE: list[str] = [*_TABLES, _TURN, _REQUEUE, _HASTEN, *_GRANTS, *_WALL]
"""In order; each is one statement."""

DROP: list[str] = [
    "drop function job_hasten(text, timestamptz, integer)",
    "drop function job_requeue(uuid[], uuid[], double precision, integer, integer, text, boolean)",
    "drop function job_turn(text, integer, integer, double precision, text, uuid[], uuid[])",
    "drop table job_worker",
    "drop table job_periodic",
    "drop table job_dead",
    "drop table job",
]
