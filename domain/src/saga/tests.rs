mod table;
mod traces;
mod waits;
