"""A company's database behind PostgREST, as Supabase offers it."""
