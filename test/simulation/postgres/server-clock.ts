/**
 * A database whose clock and chance are the simulation's. Functions of the names that the SQL of src/links and of the
 * migrations calls are found before the server's own, so that not a line of either knows of it.
 *
 * A session tells the time in `sim.now` (milliseconds), and in `sim.random` the numbers that are drawn next.
 */
import pg from 'pg';
import { migrateToLatest } from '../../../src/db/migrate.ts';

/** Before the migrations: defaults of columns keep the function that they were made with. */
const FUNCTIONS = `
  create function clock_timestamp() returns timestamptz language sql volatile
    return to_timestamp(current_setting('sim.now')::double precision / 1000);
  create function now() returns timestamptz language sql stable
    return to_timestamp(current_setting('sim.now')::double precision / 1000);
  create function random() returns double precision language plpgsql volatile as $$
    declare
      numbers text[] := string_to_array(current_setting('sim.random'), ' ');
    begin
      perform set_config('sim.random', array_to_string(numbers[2:], ' '), false);
      return numbers[1]::double precision;
    end $$`;

/**
 * A real clock goes on between two rows; here a millisecond may see many. Where the order of two rows is told by their
 * times, each gets the microseconds of its turn within the millisecond.
 */
const TURNS = `
  create function in_turn(instant timestamptz) returns timestamptz language sql volatile
    return instant + interval '1 microsecond' * set_config('sim.turn', (current_setting('sim.turn')::integer + 1)::text, false)::integer;
  create function link_made() returns trigger language plpgsql as $$
    begin
      new.created_at := in_turn(new.created_at);
      if new.dirty_at is not null then new.dirty_at := new.created_at; end if;
      return new;
    end $$;
  create function link_marked() returns trigger language plpgsql as $$
    begin
      new.dirty_at := in_turn(new.dirty_at);
      return new;
    end $$;
  create function intent_announced() returns trigger language plpgsql as $$
    begin
      new.created_at := in_turn(new.created_at);
      return new;
    end $$;
  create trigger in_turn before insert on links for each row execute function link_made();
  create trigger again_in_turn before update of dirty_at on links for each row
    when (new.dirty_at is distinct from old.dirty_at) execute function link_marked();
  create trigger in_turn before insert on intents for each row
    -- A second try at a creation keeps the time of the first, microseconds included.
    when (extract(microseconds from new.created_at)::bigint % 1000 = 0) execute function intent_announced()`;

/** @param url of an empty database */
export async function prepareDatabase(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>('select quote_ident(current_database()) as name');
    const name = rows[0]?.name;
    for (const setting of [
      'search_path = public, pg_catalog',
      // Planned once and for all, and as for large tables: from index to index, in the order that is asked for.
      'plan_cache_mode = force_generic_plan',
      'enable_seqscan = off',
      'enable_hashjoin = off',
      'enable_mergejoin = off',
      'jit = off',
      "sim.now = '0'",
      "sim.turn = '0'",
      "sim.random = ''",
    ])
      await client.query(`alter database ${name} set ${setting}`);
    await client.query('set search_path = public, pg_catalog');
    await client.query(FUNCTIONS);
    await migrateToLatest(url);
    await client.query(TURNS);
  } finally {
    await client.end();
  }
}
