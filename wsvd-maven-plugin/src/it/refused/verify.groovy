assert !new File(basedir, "target/classes/models/fashion-resnet.onnx").exists()
def log = new File(basedir, "build.log").text
assert log.contains("MojoFailureException")
assert log =~ /fashion-resnet\.onnx: No plan that was tried keeps the score within 0\.001 of 0\.9365; the best, with ratio 0\.0\d+, scored 0\.\d+\. Maybe allow a larger drop\./
