// Depth faces that turn: triangles with a z-buffer on a plain canvas, nothing from outside.
"use strict";
(function () {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const lamp = [-0.42, -0.5, 0.76];

  function decode(text) {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  }

  // Heights of a grid become points (x, y to the right and down, z to the eye) and normals.
  function surface(bytes, side) {
    const n = side * side, xyz = new Float32Array(3 * n), normal = new Float32Array(3 * n);
    const high = 1.2; // depth of the window in half sides; 120 of 180 mm would be 1.33
    for (let i = 0; i < n; i++) {
      xyz[3 * i] = (2 * (i % side)) / (side - 1) - 1;
      xyz[3 * i + 1] = (2 * Math.floor(i / side)) / (side - 1) - 1;
      xyz[3 * i + 2] = high * (bytes[i] / 255 - 0.45);
    }
    const at = (r, c, i) => (bytes[r * side + c] ? xyz[3 * (r * side + c) + 2] : xyz[3 * i + 2]);
    for (let r = 0; r < side; r++)
      for (let c = 0; c < side; c++) {
        const i = r * side + c, step = 4 / (side - 1);
        const left = at(r, Math.max(c - 1, 0), i), right = at(r, Math.min(c + 1, side - 1), i);
        const up = at(Math.max(r - 1, 0), c, i), down = at(Math.min(r + 1, side - 1), c, i);
        const v = [(left - right) / step, (up - down) / step, 1];
        const length = Math.hypot(v[0], v[1], v[2]);
        for (let k = 0; k < 3; k++) normal[3 * i + k] = v[k] / length;
      }
    return { bytes, side, xyz, normal };
  }

  function ramp(t) {
    const stops = [[45, 17, 95], [114, 31, 129], [183, 55, 121], [241, 96, 93], [254, 175, 119], [252, 230, 170]];
    const x = Math.min(0.999, Math.max(0, t)) * (stops.length - 1), k = Math.floor(x), f = x - k;
    return stops[k].map((v, j) => v + f * (stops[k + 1][j] - v));
  }

  function draw(canvas, face, yaw, pitch) {
    const size = canvas.width, g = canvas.getContext("2d"), image = g.createImageData(size, size);
    const { bytes, side, xyz, normal } = face, n = side * side;
    const px = new Float32Array(n), py = new Float32Array(n), pz = new Float32Array(n), shade = new Float32Array(n);
    const cy = Math.cos(yaw), sy = Math.sin(yaw), cp = Math.cos(pitch), sp = Math.sin(pitch);
    const turn = (a, i) => {
      const x = cy * a[i] + sy * a[i + 2], z = cy * a[i + 2] - sy * a[i];
      return [x, cp * a[i + 1] + sp * z, cp * z - sp * a[i + 1]];
    };
    for (let i = 0; i < n; i++) {
      const p = turn(xyz, 3 * i), v = turn(normal, 3 * i), near = 3.4 / (3.4 - p[2]);
      px[i] = size * (0.5 + 0.41 * near * p[0]);
      py[i] = size * (0.5 + 0.41 * near * p[1]);
      pz[i] = p[2];
      shade[i] = 0.34 + 0.86 * Math.max(0, v[0] * lamp[0] + v[1] * lamp[1] + v[2] * lamp[2]);
    }
    const depth = new Float32Array(size * size).fill(-9), out = image.data;
    let drawn = 0;
    function triangle(a, b, c) {
      if (!bytes[a] || !bytes[b] || !bytes[c]) return;
      const high = Math.max(bytes[a], bytes[b], bytes[c]), low = Math.min(bytes[a], bytes[b], bytes[c]);
      if (high - low > 90) return; // a jump between two surfaces, not a slope
      const area = (px[b] - px[a]) * (py[c] - py[a]) - (px[c] - px[a]) * (py[b] - py[a]);
      if (Math.abs(area) < 1e-6) return;
      const x0 = Math.max(0, Math.floor(Math.min(px[a], px[b], px[c]))), x1 = Math.min(size - 1, Math.ceil(Math.max(px[a], px[b], px[c])));
      const y0 = Math.max(0, Math.floor(Math.min(py[a], py[b], py[c]))), y1 = Math.min(size - 1, Math.ceil(Math.max(py[a], py[b], py[c])));
      for (let y = y0; y <= y1; y++)
        for (let x = x0; x <= x1; x++) {
          const u = ((px[b] - x) * (py[c] - y) - (px[c] - x) * (py[b] - y)) / area;
          const v = ((px[c] - x) * (py[a] - y) - (px[a] - x) * (py[c] - y)) / area, w = 1 - u - v;
          if (u < -1e-3 || v < -1e-3 || w < -1e-3) continue;
          const z = u * pz[a] + v * pz[b] + w * pz[c], place = y * size + x;
          if (z <= depth[place]) continue;
          depth[place] = z;
          const light = u * shade[a] + v * shade[b] + w * shade[c];
          const colour = ramp(0.12 + 0.85 * (u * bytes[a] + v * bytes[b] + w * bytes[c]) / 255);
          for (let k = 0; k < 3; k++) out[4 * place + k] = Math.min(255, colour[k] * light);
          out[4 * place + 3] = 255;
          drawn++;
        }
    }
    for (let r = 0; r + 1 < side; r++)
      for (let c = 0; c + 1 < side; c++) {
        const i = r * side + c;
        triangle(i, i + 1, i + side);
        triangle(i + 1, i + side + 1, i + side);
      }
    g.putImageData(image, 0, 0);
    canvas.dataset.drawn = String(drawn);
  }

  function start(box) {
    const data = JSON.parse(box.querySelector("script[type='application/json']").textContent);
    const select = box.querySelector("select"), views = [];
    const angle = { yaw: 0.5, pitch: 0.08, free: true };
    for (const canvas of box.querySelectorAll("canvas")) views.push({ canvas, faces: data[canvas.dataset.set] });
    function paint() {
      for (const view of views) {
        const found = view.faces[select.value];
        if (!found) continue;
        found.surface = found.surface || surface(decode(found.depth), found.side);
        draw(view.canvas, found.surface, angle.yaw, angle.pitch);
      }
    }
    let grip = null;
    box.addEventListener("pointerdown", (e) => {
      if (e.target.tagName !== "CANVAS") return;
      grip = [e.clientX, e.clientY, angle.yaw, angle.pitch];
      angle.free = false;
      e.target.setPointerCapture(e.pointerId);
    });
    box.addEventListener("pointermove", (e) => {
      if (!grip) return;
      const limit = (v, most) => Math.max(-most, Math.min(most, v));
      angle.yaw = limit(grip[2] + (e.clientX - grip[0]) / 120, 1.25);
      angle.pitch = limit(grip[3] - (e.clientY - grip[1]) / 120, 0.9);
      paint();
    });
    for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, () => (grip = null));
    box.addEventListener("keydown", (e) => {
      const step = { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, 0.12], ArrowDown: [0, -0.12] }[e.key];
      if (!step || e.target.tagName !== "CANVAS") return;
      angle.free = false;
      angle.yaw += step[0];
      angle.pitch += step[1];
      e.preventDefault();
      paint();
    });
    select.addEventListener("change", paint);
    paint();
    let seen = false, last = 0;
    new IntersectionObserver((found) => { seen = found[0].isIntersecting; }).observe(box);
    function tick(time) {
      if (angle.free && seen && !still && time - last > 40) {
        last = time;
        angle.yaw = 0.62 * Math.sin(time / 1400);
        paint();
      }
      if (angle.free) requestAnimationFrame(tick);
    }
    requestAnimationFrame(tick);
  }

  for (const box of document.querySelectorAll(".viewer")) start(box);
})();
