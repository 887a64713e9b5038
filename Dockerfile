# The binary and what it links to, nothing else: no shell, no package manager, no root.
# No secret is in it; they come at the start, from FIRSTCOME_ variables or a settings file.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package firstcome \
    && install -D target/release/firstcome /out/usr/local/bin/firstcome \
    && install -d -m 0700 /out/data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=0:0 /out/usr /usr
# The data folder of an embedded store is made in here; a store in MySQL needs none.
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /data
ENV FIRSTCOME_LISTEN=0.0.0.0:8080
EXPOSE 8080
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/firstcome"]
CMD ["serve"]
