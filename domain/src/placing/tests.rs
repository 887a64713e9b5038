mod precedence;
mod pricing;
mod written;
