/**
 * Wav2Lip in PyTorch, where Debian's python3-torch (or another) is present: a Python program, given
 * as text, that builds the network from our table of layers. It makes checkpoints to compare with,
 * and says how fast PyTorch is.
 */
import { spawn } from 'node:child_process';

const PROGRAM = String.raw`
import json, sys, time
try:
    import torch
    import torch.nn.functional as F
except ImportError:
    print(json.dumps({"absent": "python3 has no torch"}))
    sys.exit(0)

job = json.load(open(sys.argv[1]))
torch.manual_seed(job["seed"])
torch.set_num_threads(job["threads"])
torch.set_grad_enabled(False)

def fill(name, shape):
    noise = torch.rand(shape) * 2 - 1
    if len(shape) == 4:
        return noise * (1.5 / (shape[1] * shape[2] * shape[3])) ** 0.5
    if name.endswith("running_var"):
        return 1 + 0.2 * noise
    return 0.1 * noise + (1 if name.endswith(".1.weight") else 0)

state = {name: fill(name, shape) for name, shape in job["tensors"]}

def layer(l, x):
    w, b = state[l["key"] + ".weight"], state[l["key"] + ".bias"]
    s, p = tuple(l["stride"]), l["padding"]
    if l["kind"] == "transposed":
        y = F.conv_transpose2d(x, w, b, s, p, l["outputPadding"])
    else:
        y = F.conv2d(x, w, b, s, p)
    if l.get("norm"):
        n = l["norm"]
        y = F.batch_norm(y, state[n + ".running_mean"], state[n + ".running_var"], state[n + ".weight"], state[n + ".bias"])
    if l["residual"]:
        y = y + x
    return F.relu(y) if l["activation"] else y

def run(layers, x):
    for l in layers:
        x = layer(l, x)
    return x

def network(mel, face):
    t = job["layers"]
    maps, x = [], face
    for block in t["face"]:
        x = run(block, x)
        maps.append(x)
    x = run(t["audio"], mel)
    for block in t["decoder"]:
        x = torch.cat((run(block, x), maps.pop()), dim=1)
    return torch.sigmoid(run(t["output"], x))

def inputs(count):
    return torch.rand(count, 1, 80, 16) * 8 - 4, torch.rand(count, 6, job["size"], job["size"])

result = {"version": torch.__version__}
if job["task"] == "speed":
    mel, face = inputs(job["batch"])
    network(mel, face)
    start, frames = time.time(), 0
    while time.time() - start < job["seconds"]:
        network(mel, face)
        frames += job["batch"]
    result["fps"] = frames / (time.time() - start)
else:
    mel, face = inputs(2)
    saved = dict(state)
    for name in list(saved):
        if name.endswith("running_var"):
            saved[name.replace("running_var", "num_batches_tracked")] = torch.tensor(7)
    modules = {"module." + name: value for name, value in saved.items()}
    moments = {i: {"step": 9, "exp_avg": torch.zeros_like(v)} for i, v in enumerate(state.values())}
    for kind, is_zip in (("zip", True), ("legacy", False)):
        content = {"state_dict": modules, "optimizer": {"state": moments, "param_groups": [{"lr": 1e-4, "betas": (0.5, 0.999)}]}, "global_step": 5, "global_epoch": 1}
        torch.save(content, job["folder"] + "/" + kind + ".pth", _use_new_zipfile_serialization=is_zip)
    half = {name: value.half() for name, value in saved.items()}
    torch.save(half, job["folder"] + "/half.pth")
    for name, value in (("mel", mel), ("face", face), ("output", network(mel, face))):
        open(job["folder"] + "/" + name + ".f32", "wb").write(value.contiguous().numpy().tobytes())
print(json.dumps(result))
`;

/** Debian's torch belongs to Debian's own Python, which need not be the first one. */
const PYTHONS = [process.env.LIPWIRE_PYTHON, 'python3', '/usr/bin/python3'].filter(Boolean);

/**
 * Runs the program. @param file path of a JSON file that describes the job
 * @returns what it found, or `{ absent }` with the reason where there is no Python or no torch
 */
export async function torch(file) {
  let result = { absent: 'python3 is not installed' };
  for (const python of PYTHONS) {
    result = await run(python, file);
    if (!result.absent) break;
  }
  return result;
}

function run(python, file) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['-', file], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.on('error', () => resolve({ absent: `${python} is not installed` }));
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`${python} ended with ${code}`)),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(PROGRAM);
  });
}

/** The part of a job that says what the network is. */
export function networkJob({ size, audioEncoder, faceEncoder, decoder, output }, table) {
  const layers = { audio: audioEncoder, face: faceEncoder, decoder, output };
  return { seed: 1, size, layers, tensors: [...table] };
}
