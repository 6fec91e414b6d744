package dev.measure.cli;

/** The version of this build. Written by the build from a template: a constant, because opening the jar to read a file takes longer. */
final class BuildVersion {
    static final String TEXT = "${project.version}";

    private BuildVersion() {}
}
