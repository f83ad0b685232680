def log = new File(basedir, "build.log").text
assert log.contains("fashion-resnet.onnx: Unknown option: '--taget=0.5'")
assert log.contains("MojoExecutionException")
