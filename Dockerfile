# The command wsvd, built from these sources. Nobody has built this image yet; its steps were run one by one on Debian 12.
#   docker build -t wsvd .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" wsvd compress model.onnx -o small.onnx …
# The page of --live listens within the container only.
FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/repository \
    mvn -q -B -Dmaven.repo.local=/repository -Prelease -pl wsvd-cli -am package -DskipTests
WORKDIR /release
RUN jar --extract --file "$(ls /src/wsvd-cli/target/wsvd-*.zip)" \
    && mv wsvd-* wsvd \
    && chmod 755 wsvd/bin/wsvd

FROM eclipse-temurin:17-jre
COPY --from=build /release/wsvd /opt/wsvd
RUN useradd --uid 10001 --create-home wsvd \
    && mkdir /work \
    && chown wsvd /work \
    && ln -s /opt/wsvd/bin/wsvd /usr/local/bin/wsvd
USER 10001
WORKDIR /work
ENTRYPOINT ["wsvd"]
